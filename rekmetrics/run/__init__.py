"""
A gate without pytest: request → fetch → judge → export → settle.

`request` checks what was asked for, `judge` reads the rules, fetches and judges,
`settling` finds the exit code, `results` lists and writes the files. Nothing is
imported here: every pytest run in the environment reads the list of exports.
"""
