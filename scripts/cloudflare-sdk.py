#!/usr/bin/env python3
"""Tries the official Cloudflare SDK against a control plane; one line for each thing tried.

The exit code is 1 at the first that fails.

Environment: BASE (http://host:port), ADMIN, DEPLOY (may purge ZONE only), LEGACY (with the address LEGACY_EMAIL),
ZONE and ZONE_NAME (unlimited), LIMITED (a zone with 3 requests at once and one more a second).
"""

import os
import re
import sys
import time

import cloudflare
import httpx
from cloudflare import Cloudflare

BASE, ZONE, ZONE_NAME, LIMITED = (os.environ[name] for name in ("BASE", "ZONE", "ZONE_NAME", "LIMITED"))


def client(token, **options):
    return Cloudflare(api_token=token, base_url=BASE + "/client/v4", **options)


def check(what, isRight, detail=""):
    print(("ok" if isRight else "FAILED"), what, detail if not isRight else "", flush=True)
    if not isRight:
        sys.exit(1)


def raises(what, kind, call, code=None):
    try:
        answer = call()
    except kind as error:
        check(what, code is None or error.errors[0].code == code, repr(getattr(error, "errors", error)))
        return error
    except cloudflare.CloudflareError as error:
        check(what, False, repr(error))
    check(what, False, f"no error, but {answer!r}")


def status(purge_id):
    # Many tests run beside this one, and a slow answer is no wrong one: httpx waits for 5 s unless it is told.
    headers = {"Authorization": "Bearer " + os.environ["ADMIN"]}
    answer = httpx.get(f"{BASE}/v1/purges/{purge_id}", headers=headers, timeout=120)
    return answer.json()


admin = client(os.environ["ADMIN"])
named = {
    "tags": ["a-cache-tag", "another-cache-tag"],
    "hosts": [ZONE_NAME],
    "prefixes": [ZONE_NAME + "/foo"],
    "files": [
        f"https://{ZONE_NAME}/a.css",
        {"url": f"https://{ZONE_NAME}/cat.jpg", "headers": {"CF-Device-Type": "desktop"}},
    ],
    "purge_everything": True,
}
for field, value in named.items():
    for verb, call in (("delete", admin.cache.purge), ("invalidate", admin.cache.invalidate)):
        answer = call(zone_id=ZONE, **{field: value})
        check(f"{verb} by {field}", answer is not None and re.fullmatch("[0-9a-f]{32}", answer.id), repr(answer))
        check(f"  and it is a purge of that kind", status(answer.id)["mode"] == verb, repr(status(answer.id)))
answer = admin.cache.purge_environment(environment_id="e1", zone_id=ZONE, tags=["a"])
check("an environment", status(answer.id)["mode"] == "delete")
answer = admin.cache.invalidate_environment(environment_id="e1", zone_id=ZONE, tags=["a"])
check("an environment, invalidated", status(answer.id)["mode"] == "invalidate")

zones = list(admin.zones.list(name=ZONE_NAME))
check("a zone by its name", [zone.id for zone in zones] == [ZONE], repr(zones))
check("no zone by an unknown name", list(admin.zones.list(name="nothing.example")) == [])
check("a zone by its id", admin.zones.get(zone_id=ZONE).name == ZONE_NAME)
check("the token is verified", admin.user.tokens.verify().status == "active")

legacy = Cloudflare(api_email=os.environ["LEGACY_EMAIL"], api_key=os.environ["LEGACY"], base_url=BASE + "/client/v4")
check("address and key", legacy.cache.purge(zone_id=ZONE, tags=["a"]).id is not None)

deploy = client(os.environ["DEPLOY"])
check("a token for one zone", deploy.cache.purge(zone_id=ZONE, tags=["a"]).id is not None)
wrong = client("ept_0123456789abcdef_" + "0" * 64)
raises("a wrong token", cloudflare.AuthenticationError, lambda: wrong.cache.purge(zone_id=ZONE, tags=["a"]), 10000)
raises("no token of ours", cloudflare.AuthenticationError, lambda: client("x").user.tokens.verify(), 10000)
raises("another zone", cloudflare.NotFoundError, lambda: deploy.cache.purge(zone_id=LIMITED, tags=["a"]), 7003)
raises("an unknown zone", cloudflare.NotFoundError, lambda: admin.cache.purge(zone_id="b" * 32, tags=["a"]), 7003)
raises("an empty list", cloudflare.BadRequestError, lambda: admin.cache.purge(zone_id=ZONE, tags=[]), 1012)
raises(
    "a URL of others", cloudflare.BadRequestError,
    lambda: admin.cache.purge(zone_id=ZONE, files=["https://x.example/"]), 1082,
)

impatient = client(os.environ["ADMIN"], max_retries=0)
error = None
for _ in range(100):
    try:
        impatient.cache.purge(zone_id=LIMITED, tags=["a"])
    except cloudflare.RateLimitError as refused:
        error = refused
        break
check("the limit is reached", error is not None)
check("  with the time to wait", error.response.headers.get("retry-after") == "1", repr(error.response.headers))
check("  and how much is left", error.response.headers.get("ratelimit", "").startswith('"requests";r=0;'))
start = time.monotonic()
check("the SDK waits and succeeds", admin.cache.purge(zone_id=LIMITED, tags=["a"]).id is not None)
print("all done")
