"""`rig calibrate`: the station's own sensors against its references, from the first question to the station file."""
