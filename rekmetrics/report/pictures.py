"""Thumbnails as part of the page; decoration, since strict policies block them."""

from __future__ import annotations

from base64 import b64encode

__all__ = ["picture_type", "render_picture"]

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def picture_type(data: bytes) -> str | None:
    """The media type by the first bytes; None for what is not shown (SVG among it)."""
    for signature, media_type in _SIGNATURES.items():
        if data.startswith(signature):
            return media_type
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return "image/webp" if is_webp else None


def render_picture(data: bytes | None) -> str:
    """An `<img>` that carries its own data, or nothing."""
    media_type = picture_type(data) if data else None
    if data is None or media_type is None:
        return ""
    url = f"data:{media_type};base64,{b64encode(data).decode()}"
    return f'<img class="rm-picture" src="{url}" alt="" width="96">'
