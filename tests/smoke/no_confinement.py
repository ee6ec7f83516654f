"""Stands for the launcher on a system that has no namespaces: `strict` ends it with status 125."""

import json
import sys

if json.loads(sys.argv[1]).get("strict"):
    sys.exit(125)
