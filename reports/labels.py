"""The label by which the record finds a live Allure result again."""

NODEID_LABEL = "rig.nodeid"  # its value is the test as the record names it; the page doesn't show it
