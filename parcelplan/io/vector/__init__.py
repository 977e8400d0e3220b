"""Vector files in and out: one door for every format, with a finding for every guess."""
