"""Gives schemathesis names that are there, so that half of its cases get past the first 404.

They come from the environment: SLIPWAY_TEST_NAMES is a JSON object of lists, by the name of a path's parameter.
"""
import json
import os
import zlib

import schemathesis

NAMES = json.loads(os.environ.get("SLIPWAY_TEST_NAMES", "{}"))


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for name, value in (path_parameters or {}).items():
        known = NAMES.get(name)
        # By the value itself, so that a case that failed comes again.
        digest = zlib.crc32(repr(value).encode())
        # Always a known token: another might be the one that schemathesis works with.
        if known and (digest % 2 or name == "token"):
            path_parameters[name] = known[digest // 2 % len(known)]
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    # Without a name it is the organization that has something.
    if query and zlib.crc32(repr(query).encode()) % 4:
        query.pop("organization", None)
    return query
