#!/usr/bin/env bash
# Creates EdgePurge's topics with Kafka's own tool, for clusters where only an administrator may create topics.
# The same as `edge-purge topics create`, except that topics that exist are left as they are.
#
#   BOOTSTRAP=kafka1:9092 REPLICATION=3 deploy/kafka/create-topics.sh
#
# Settings, by environment:
#   BOOTSTRAP       brokers to begin with                                     127.0.0.1:9092
#   REPLICATION     copies of each partition; 3 is usual in production        1
#   PARTITIONS      partitions of purge.events; the other topics have one     8
#   RETENTION_MS    how long purges and dead letters are kept                 604800000 (7 days)
#   KAFKA_TOPICS    Kafka's tool                                              kafka-topics.sh
#   COMMAND_CONFIG  a properties file for TLS and SASL, for the tool          none
set -euo pipefail

bootstrap=${BOOTSTRAP:-127.0.0.1:9092}
replication=${REPLICATION:-1}
partitions=${PARTITIONS:-8}
retention=${RETENTION_MS:-604800000}
# An event may have 1 MiB; a dead letter carries its headers as well. 64 KiB more leaves room for both.
message_bytes_max=$((1024 * 1024 + 64 * 1024))

# With three copies one broker may be away, and a purge that was accepted is still on two.
safe=()
if ((replication >= 3)); then safe=(--config min.insync.replicas=2); fi

create() {
    local name=$1 partitions=$2
    shift 2
    local settings=()
    local setting
    for setting in "$@"; do settings+=(--config "$setting"); done
    "${KAFKA_TOPICS:-kafka-topics.sh}" --bootstrap-server "$bootstrap" \
        ${COMMAND_CONFIG:+--command-config "$COMMAND_CONFIG"} --create --if-not-exists --topic "$name" \
        --partitions "$partitions" --replication-factor "$replication" "${settings[@]}" "${safe[@]}"
}

# Purges. An agent that is away for longer than the retention has to flush its caches when it comes back.
create purge.events "$partitions" cleanup.policy=delete retention.ms="$retention" max.message.bytes="$message_bytes_max"

# How far each agent is: compacted, and cleaned early, so that a control plane that starts finds few messages for each
# agent.
create purge.acks 1 cleanup.policy=compact segment.ms=600000 min.cleanable.dirty.ratio=0.1

# Messages that could not be understood, each with the reason in its headers.
create purge.dead_letters 1 cleanup.policy=delete retention.ms="$retention" max.message.bytes="$message_bytes_max"

# How far each tier is that other caches fill from. Nothing is written to it where no agent has a tier.
create purge.tiers 1 cleanup.policy=compact segment.ms=600000 min.cleanable.dirty.ratio=0.1
