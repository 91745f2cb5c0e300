"""
The versions of one model beside each other, and which of those that pass is best.

`contenders` judges each as a gate would, `comparing` makes of them the `records` that
`--json` writes; `sentences`, `page` and `histories` show these to people.
"""
