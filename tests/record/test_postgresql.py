"""The schema as PostgreSQL would get it: compiled, not run, as there is no server here."""

from sqlalchemy import create_mock_engine

from rig.record.store import events, metadata


def statements(url: str) -> list[str]:
    found: list[str] = []
    engine = create_mock_engine(
        url, lambda statement, *_arguments, **_more: found.append(str(statement.compile(dialect=engine.dialect)))
    )
    metadata.create_all(engine, checkfirst=False)
    return [" ".join(statement.split()) for statement in found]


def test_the_journal_refuses_to_be_changed_there_too():
    made = statements("postgresql://")
    table = next(place for place, text in enumerate(made) if text.startswith("CREATE TABLE event "))
    function, *triggers = [text for text in made if "event_refuses" in text]
    assert made.index(function) > table
    assert function.startswith("create function event_refuses() returns trigger language plpgsql as $$ begin raise")
    assert triggers == [
        f"create trigger event_refuses_{operation} before {operation} on event "
        "for each statement execute function event_refuses()"
        for operation in ("update", "delete", "truncate")
    ]
    assert all(made.index(trigger) > made.index(function) for trigger in triggers)


def test_every_table_and_column_is_there():
    made = "\n".join(statements("postgresql://"))
    for table in metadata.sorted_tables:
        assert f"CREATE TABLE {table.name} " in made
    assert "BYTEA" in made
    assert all(column.name in made for column in events.columns)


def test_sqlite_gets_its_own_triggers():
    made = [text for text in statements("sqlite://") if "event_refuses" in text]
    assert len(made) == 2
    assert all("raise(abort" in text for text in made)
