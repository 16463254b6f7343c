#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// Answers the next request of a kind that reaches one broker with an error. The library's function takes any number of
// them, which Swift cannot call.
static inline rd_kafka_resp_err_t crdkafka_push_broker_error(rd_kafka_mock_cluster_t *cluster, int32_t broker,
                                                             int16_t api, rd_kafka_resp_err_t error) {
    return rd_kafka_mock_broker_push_request_error_rtts(cluster, broker, api, 1, error, 0);
}
