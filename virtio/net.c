/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network device: virtio 1.2, section 5.1, without the receive queues
 * (virtio/net_rx.c). Runs with the lock of the device's loop held.
 */
#include "virtio/net.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/nic.h"
#include "src/container_of.h"
#include "src/error.h"
#include "virtio/net_rx.h"
#include "virtio/net_vhost.h"
#include "virtio/virtio.h"

#define BURST_FRAMES 64u
#define BURST_BYTES (256u << 10)

/* Shorter ones, such as acknowledgements and requests, say nothing of what follows. */
#define STREAM_FRAME_BYTES 1024u
#define TX_LOOK_NS 200000ull

#define STATUS_LINK_UP 1u

#define CTRL_CLASS_MQ 4
#define CTRL_MQ_VQ_PAIRS_SET 0
#define CTRL_OK 0
#define CTRL_ERR 1

struct net_config {
	uint8_t mac[6];
	uint16_t status;
	uint16_t max_virtqueue_pairs;
	uint16_t mtu;
};

struct net_pair {
	struct net *net;
	struct net_rx rx;
	bool tx_blocked; /* the nic said -EAGAIN; it will say when there is room */
	struct loop_timer tx_look; /* armed while kicks of the transmit queue are held */
};

struct net {
	struct virtio_device dev;
	struct nic *nic;
	struct nic_user nic_user;
	struct net_vhost *vhost; /* NULL: the pairs' rings are served here */
	struct net_config config;
	struct virtq_chain chain; /* for transmit and control, one at a time */
	unsigned int pair_count;
	unsigned int active_pairs; /* 0 while stopped */
	struct net_pair pairs[];
};

static struct net *net_of(struct virtio_device *dev)
{
	return container_of(dev, struct net, dev);
}

/* ---- transmit --------------------------------------------------------------------- */

/* Sends the chain at hand; what nic_send() says. */
static int transmit_one(struct net *net, unsigned int index, struct virtq *q)
{
	const struct virtq_chain *chain = &net->chain;
	int code = nic_send(net->nic, index, chain->iov, chain->readable);

	/* What the nic refuses otherwise is lost, as on a wire. */
	if (code == -EAGAIN)
		virtq_unpop(q, 1);
	else
		virtq_stage(q, chain->head, 0);
	return code;
}

/*
 * Behind a long frame there is likely more of a stream: kicks stay off, and a timer
 * looks. On a host with no CPU to spare a kick makes the loop take the CPU from the vCPU
 * that kicks: the frame is sent, and even acknowledged, before the guest goes on. Then no
 * frame ever meets another; each costs a kick and an interrupt, and TCP, which sees
 * nothing in flight, sends what is left of each write as a small segment. So the first
 * frame of a stream goes at once, like any short one outside of it, and those behind it
 * wait for a look at most. A look that finds nothing is the last one, and kicks are on
 * again.
 */
static void look_later(struct net_pair *pair, unsigned int queue)
{
	virtio_device_hold_kicks(&pair->net->dev, queue);
	loop_timer_arm(pair->net->dev.loop, &pair->tx_look, TX_LOOK_NS);
}

static void look_now(struct loop_timer *timer)
{
	struct net_pair *pair = container_of(timer, struct net_pair, tx_look);
	unsigned int index = (unsigned int)(pair - pair->net->pairs);

	virtio_device_kick(&pair->net->dev, 2 * index + 1);
}

static void transmit(struct net *net, unsigned int index)
{
	struct net_pair *pair = &net->pairs[index];
	unsigned int queue = 2 * index + 1;
	struct virtq *q = &net->dev.queues[queue];
	unsigned int frames = 0;
	uint64_t bytes = 0;
	bool stream = false;

	while (!pair->tx_blocked && virtq_pop(q, &net->chain)) {
		int code = transmit_one(net, index, q);

		pair->tx_blocked = code == -EAGAIN;
		stream |= !code && net->chain.readable_bytes >= STREAM_FRAME_BYTES;
		bytes += net->chain.readable_bytes;
		if (++frames == BURST_FRAMES || bytes >= BURST_BYTES) {
			virtio_device_kick_soon(&net->dev, queue);
			stream = false;
			break;
		}
	}
	virtq_publish(q);
	if (stream && !pair->tx_blocked)
		look_later(pair, queue);
}

/* ---- active pairs ------------------------------------------------------------------ */

static void fail(struct net *net, int code)
{
	log_host("%s: vhost-net: %s; the device needs a reset", net->dev.name,
		strerror(-code));
	virtio_device_failed(&net->dev, "the kernel does not serve it");
}

static void activate_pair(struct net *net, unsigned int index)
{
	int code;

	if (!net->vhost) {
		net_rx_activate(&net->pairs[index].rx);
		return;
	}
	code = net_vhost_activate(net->vhost, index);
	if (code)
		fail(net, code);
}

static void deactivate_pair(struct net *net, unsigned int index)
{
	if (net->vhost)
		net_vhost_deactivate(net->vhost, index);
	else
		net_rx_deactivate(&net->pairs[index].rx);
}

static int set_active_pairs(struct net *net, unsigned int count)
{
	unsigned int before = net->active_pairs;
	int code;

	for (unsigned int i = count; i < before; i++)
		deactivate_pair(net, i);
	code = nic_set_active_queues(net->nic, count);
	if (!code)
		net->active_pairs = count;
	/* All that were on before a failure are to be on again. */
	for (unsigned int i = before < count ? before : count; i < net->active_pairs; i++)
		activate_pair(net, i);
	return code;
}

/* ---- control ---------------------------------------------------------------------- */

static uint8_t control_one(struct net *net)
{
	struct {
		uint8_t class;
		uint8_t command;
		uint16_t pairs;
	} request;
	uint16_t pairs;

	if (iov_copy_out(net->chain.iov, net->chain.readable, 0, &request,
		    sizeof(request)) < sizeof(request))
		return CTRL_ERR;
	if (request.class != CTRL_CLASS_MQ || request.command != CTRL_MQ_VQ_PAIRS_SET ||
		!virtio_device_has(&net->dev, VIRTIO_NET_F_MQ))
		return CTRL_ERR;
	pairs = le16toh(request.pairs);
	if (!pairs || pairs > net->pair_count)
		return CTRL_ERR;
	return set_active_pairs(net, pairs) ? CTRL_ERR : CTRL_OK;
}

static void control(struct net *net, struct virtq *q)
{
	const struct virtq_chain *chain = &net->chain;

	while (virtq_pop(q, &net->chain)) {
		uint8_t ack;

		if (!chain->writable) {
			virtio_device_broken(&net->dev,
				"a control command has no room for its answer");
			return;
		}
		ack = control_one(net);
		iov_copy_in(chain->iov + chain->readable, chain->writable, 0, &ack, 1);
		virtq_push(q, chain->head, 1);
	}
}

/* ---- the nic's events ------------------------------------------------------------- */

static struct net *net_of_user(struct nic_user *user)
{
	return container_of(user, struct net, nic_user);
}

static void nic_readable(struct nic_user *user, unsigned int index)
{
	struct net *net = net_of_user(user);

	if (index < net->active_pairs)
		net_rx_receive(&net->pairs[index].rx);
	else
		nic_want_frames(net->nic, index, false);
}

static void nic_writable(struct nic_user *user, unsigned int index)
{
	struct net *net = net_of_user(user);

	if (index >= net->pair_count)
		return;
	net->pairs[index].tx_blocked = false;
	virtio_device_kick(&net->dev, 2 * index + 1);
}

static void nic_link_changed(struct nic_user *user)
{
	struct net *net = net_of_user(user);
	uint16_t status = htole16(nic_link_up(net->nic) ? STATUS_LINK_UP : 0);

	if (status == net->config.status)
		return;
	net->config.status = status;
	virtio_device_config_changed(&net->dev);
}

static const struct nic_events nic_events = {
	.readable = nic_readable,
	.writable = nic_writable,
	.link_changed = nic_link_changed,
};

/* ---- the device ------------------------------------------------------------------- */

static const struct {
	uint32_t offload;
	unsigned int host_feature;  /* what the guest may send */
	unsigned int guest_feature; /* what the guest takes */
} offload_features[] = {
	{NIC_OFFLOAD_CSUM, VIRTIO_NET_F_CSUM, VIRTIO_NET_F_GUEST_CSUM},
	{NIC_OFFLOAD_TSO4, VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_GUEST_TSO4},
	{NIC_OFFLOAD_TSO6, VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_GUEST_TSO6},
	{NIC_OFFLOAD_ECN, VIRTIO_NET_F_HOST_ECN, VIRTIO_NET_F_GUEST_ECN},
	{NIC_OFFLOAD_UFO, VIRTIO_NET_F_HOST_UFO, VIRTIO_NET_F_GUEST_UFO},
};

static bool start_vhost(struct net *net)
{
	bool multi = virtio_device_has(&net->dev, VIRTIO_NET_F_MQ);
	int code;

	/* That queue is the third then, of whose kicks only the kernel hears. */
	if (net->pair_count > 1 && !multi &&
		virtio_device_has(&net->dev, VIRTIO_NET_F_CTRL_VQ)) {
		virtio_device_broken(
			&net->dev, "a control queue is for a driver of several pairs");
		return false;
	}
	code = net_vhost_start(net->vhost, multi ? net->pair_count : 1);
	if (code)
		fail(net, code);
	return !code;
}

static void net_start(struct virtio_device *dev)
{
	struct net *net = net_of(dev);
	uint32_t offloads = 0;

	if (net->vhost && !start_vhost(net))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(offload_features); i++) {
		if (virtio_device_has(dev, offload_features[i].guest_feature))
			offloads |= offload_features[i].offload;
	}
	if (nic_set_offloads(net->nic, offloads) < 0)
		log_host("%s: the network interface takes no offloads", dev->name);
	set_active_pairs(net, 1);
}

static void net_kick(struct virtio_device *dev, unsigned int queue)
{
	struct net *net = net_of(dev);
	bool multi = virtio_device_has(dev, VIRTIO_NET_F_MQ);
	unsigned int pairs = multi ? net->pair_count : 1;

	if (queue == 2 * pairs && virtio_device_has(dev, VIRTIO_NET_F_CTRL_VQ))
		control(net, &dev->queues[queue]);
	else if (queue >= 2 * pairs)
		return;
	else if (net->vhost)
		net_vhost_kick(net->vhost, queue);
	else if (queue % 2)
		transmit(net, queue / 2);
	else
		net_rx_refilled(&net->pairs[queue / 2].rx);
}

static void net_stop(struct virtio_device *dev)
{
	struct net *net = net_of(dev);

	net->active_pairs = 0;
	for (unsigned int i = 0; i < net->pair_count; i++) {
		deactivate_pair(net, i);
		net_rx_forget(&net->pairs[i].rx);
		loop_timer_cancel(&net->pairs[i].tx_look);
		net->pairs[i].tx_blocked = false;
	}
	nic_set_offloads(net->nic, 0);
}

static void net_destroy(struct virtio_device *dev)
{
	struct net *net = net_of(dev);

	nic_set_user(net->nic, NULL);
	net_vhost_destroy(net->vhost);
	free(net);
}

static const struct virtio_ops net_ops = {
	.device_id = 1,
	.kick = net_kick,
	.start = net_start,
	.stop = net_stop,
	.destroy = net_destroy,
};

static uint64_t offered_features(
	const struct net *net, const struct virtio_net_options *options)
{
	uint32_t offloads = nic_offloads(net->nic);
	uint64_t features =
		VIRTIO_BIT(VIRTIO_NET_F_MAC) | VIRTIO_BIT(VIRTIO_NET_F_STATUS);

	features |= net->vhost ? net_vhost_features(net->vhost)
			       : VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF);

	for (size_t i = 0; i < ARRAY_SIZE(offload_features); i++) {
		if (offloads & offload_features[i].offload)
			features |= VIRTIO_BIT(offload_features[i].host_feature) |
				    VIRTIO_BIT(offload_features[i].guest_feature);
	}
	if (options->mtu)
		features |= VIRTIO_BIT(VIRTIO_NET_F_MTU);
	if (net->pair_count > 1)
		features |=
			VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ);
	return features;
}

static unsigned int pairs_to_make(const struct nic *nic, unsigned int wanted)
{
	unsigned int count = nic_queues(nic);

	if (count > VIRTIO_NET_PAIRS_MAX)
		count = VIRTIO_NET_PAIRS_MAX;
	if (wanted < count)
		count = wanted ? wanted : 1;
	return count;
}

int virtio_net_create(struct loop *loop, const char *name, struct nic *nic,
	const struct virtio_net_options *options, struct virtio_device **ret,
	struct error *err)
{
	unsigned int pairs = pairs_to_make(nic, options->queues);
	struct net *net = calloc(1, sizeof(*net) + pairs * sizeof(net->pairs[0]));

	if (!net)
		return error_set(err, -ENOMEM, NULL, "%s: no memory", name);
	net->nic = nic;
	net->nic_user.events = &nic_events;
	net->pair_count = pairs;
	net->dev.ops = &net_ops;
	net->dev.name = name;
	net->dev.loop = loop;
	net->dev.queue_count = pairs > 1 ? 2 * pairs + 1 : 2;
	if (options->vhost) {
		int code = net_vhost_create(
			&net->dev, nic, pairs, options->pos, &net->vhost, err);

		if (code) {
			free(net);
			return code;
		}
		net->dev.external_queues = 2 * pairs;
	}
	net->dev.features_offered = offered_features(net, options);
	net->dev.config = &net->config;
	net->dev.config_bytes = sizeof(net->config);
	memcpy(net->config.mac, options->mac, sizeof(net->config.mac));
	net->config.status = htole16(nic_link_up(nic) ? STATUS_LINK_UP : 0);
	net->config.max_virtqueue_pairs = htole16((uint16_t)pairs);
	net->config.mtu = htole16(options->mtu);
	for (unsigned int i = 0; i < pairs; i++) {
		net_rx_init(&net->pairs[i].rx, &net->dev, nic, 2 * i, i);
		net->pairs[i].net = net;
		net->pairs[i].tx_look.expired = look_now;
	}
	nic_set_user(nic, &net->nic_user);
	*ret = &net->dev;
	return 0;
}
