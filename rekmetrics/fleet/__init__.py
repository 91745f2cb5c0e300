"""
Several models judged in one call, each by the code that judges one.

`file` reads FLEET.yaml, `judging` runs the models side by side, `results` puts together
what they left, `page` and `exports` show it.
"""
