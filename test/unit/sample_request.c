/* SPDX-License-Identifier: Apache-2.0 */
#include "sample_request.h"

#include <arpa/inet.h>

void sample_request(struct log_entry *ret_entry, struct access_log_request *ret_request)
{
	*ret_entry = (struct log_entry){
		.request_bytes = 120,
		.reply_bytes = 4567,
		.first_us = 800,
		.total_us = 1500,
		.client_port = htons(40001),
		.status = 200,
		.method_length = 3,
		.host_length = 16,
		.path_length = 6,
		.method = "GET",
		.host = "shop.example.com",
		.path = "/api/x",
	};
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &ret_entry->client);
	*ret_request =
		(struct access_log_request){ret_entry, SAMPLE_REQUEST_STARTED_US, "shop/web/api",
					    "shop/api:http", "10.0.1.2:8080"};
}
