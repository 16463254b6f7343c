#!/usr/bin/env python3
"""Produces one purge straight to Kafka, without the control plane. Needs: pip install confluent-kafka

    produce.py --bootstrap 127.0.0.1:9092 --zone 023e105f4ecef8ad9ca31a8372d0c353 --scope shop.example --tag product-42

Prints the purge's id; `edge-purge status ID --wait` follows it.
"""

import argparse
import json
import secrets
import sys
from datetime import datetime, timezone

from confluent_kafka import Producer


def purge_event(zone, scope, selectors, mode="delete", reason=None):
    """A purge as docs/schemas/purge-event.schema.json describes it."""
    event = {
        "id": secrets.token_hex(16),
        "zone": zone,
        "scope": scope,
        "selectors": selectors,
        "mode": mode,
        # Before it is sent: what the origin answered after this moment is new already.
        "accepted_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "source": "produce.py",
    }
    if reason:
        event["reason"] = reason
    return event


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="Kafka brokers")
    parser.add_argument("--topic", default="purge.events")
    parser.add_argument("--zone", required=True, help="the zone's id; it is also the Kafka key")
    parser.add_argument(
        "--scope", action="append", default=[], help="hosts that may be touched; needed with --tag, --everything"
    )
    parser.add_argument("--tag", action="append", default=[])
    parser.add_argument("--url", action="append", default=[])
    parser.add_argument("--host", action="append", default=[])
    parser.add_argument("--prefix", action="append", default=[])
    parser.add_argument("--everything", action="store_true")
    parser.add_argument("--invalidate", action="store_true", help="mark stale instead of delete")
    parser.add_argument("--reason", help="why, for people")
    options = parser.parse_args()

    # A list that is there must not be empty, so only what was given goes in.
    lists = {"tags": options.tag, "urls": options.url, "hosts": options.host, "prefixes": options.prefix}
    selectors = {name: values for name, values in lists.items() if values}
    if options.everything:
        selectors["everything"] = True
    if not selectors:
        parser.error("say what to purge: --tag, --url, --host, --prefix or --everything")

    event = purge_event(
        options.zone, options.scope, selectors,
        mode="invalidate" if options.invalidate else "delete", reason=options.reason,
    )

    producer = Producer({
        "bootstrap.servers": options.bootstrap,
        # Stored on all replicas in sync, and once only.
        "enable.idempotence": True,
        # The partition that the control plane and Java clients take for this key: purges of one zone keep their order.
        "partitioner": "murmur2_random",
        "message.timeout.ms": 10000,
    })
    failures = []

    def delivered(error, _message):
        if error is not None:
            failures.append(error)

    producer.produce(options.topic, key=options.zone, value=json.dumps(event), on_delivery=delivered)
    producer.flush()
    if failures:
        sys.exit(f"the purge was not stored: {failures[0]}")
    print(event["id"])


if __name__ == "__main__":
    main()
