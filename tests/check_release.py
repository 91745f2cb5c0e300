"""
What a release has to be: built from its own tag, in its own repository.

    python tests/check_release.py v0.1.0 https://host/owner/name
"""

from __future__ import annotations

import re
import sys
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

__all__ = ["find_faults"]


def find_faults(wheel: Path, changelog: str, *, tag: str, address: str) -> list[str]:
    """Every reason not to publish this wheel."""
    with ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    version = metadata["Version"]
    faults = []
    if tag != f"v{version}":
        faults.append(f"the tag is {tag}, the version {version}")
    (entry,) = metadata.get_all("Project-URL", [])
    said = entry.partition(", ")[2]
    if said.lower() != address.lower():
        faults.append(f"project.urls in pyproject.toml says {said}, this is {address}")
    heading = rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$"
    if not re.search(heading, changelog, flags=re.MULTILINE):
        faults.append(f"CHANGELOG.md has no heading '## {version} (YYYY-MM-DD)'")
    return faults


if __name__ == "__main__":
    tag, address = sys.argv[1:]
    (wheel,) = Path("dist").glob("*.whl")
    text = Path("CHANGELOG.md").read_text(encoding="utf-8")
    faults = find_faults(wheel, text, tag=tag, address=address)
    sys.exit("\n".join(faults))
