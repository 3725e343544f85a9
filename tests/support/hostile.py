"""Names of folders that programs and languages have tripped over."""

from __future__ import annotations

HOSTILE = ["/a b/c", "/ümläut/€", "/it's", '/say "hi"', "/$HOME/${X}", "/a;b", "/back\\slash", "/`id`", "/x#y", "/(x)"]
