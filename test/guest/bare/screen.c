/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows a test picture on its graphics adapters (virtio 1.2, 5.7), at the size that each
 * asks for, and again when that changes; says what its input devices (5.8) tell. On its
 * serial line:
 *
 *	shown 640x480       the picture is there: its answer to the flush has come
 *	key 30 1            of any input device: a key or button went down (1), up (0)
 *	abs 0 16383         a place, by its axis
 *	rel 8 -1            a way, by its axis
 *
 * The key Q, in its place on a keyboard, powers the machine off. A pixel's colour is
 * red x, green y, blue x ^ y, each modulo 256; the key I, when it comes up, turns all of
 * them into their opposites. test/window/picture.py and test/browser/look.py know that.
 */
#include "test/guest/bare/platform.h"
#include "test/guest/bare/virtio.h"

#define WIDTH_MAX 1920u
#define HEIGHT_MAX 1200u

#define GPUS_MAX 3u

#define CONTROL 0u
#define GET_DISPLAY_INFO 0x100u
#define RESOURCE_CREATE_2D 0x101u
#define RESOURCE_UNREF 0x102u
#define SET_SCANOUT 0x103u
#define RESOURCE_FLUSH 0x104u
#define TRANSFER_TO_HOST_2D 0x105u
#define ATTACH_BACKING 0x106u
#define OK_NODATA 0x1100u
#define OK_DISPLAY_INFO 0x1101u
#define FENCE 1u
#define BGRX 2u
#define EVENTS_READ 0u
#define EVENTS_CLEAR 4u

#define INPUTS_MAX 4u
#define KEY_Q 16u
#define KEY_I 23u
#define EV_KEY 1u
#define EV_REL 2u
#define EV_ABS 3u

struct header {
	uint32_t type;
	uint32_t flags;
	uint64_t fence;
	uint32_t context;
	uint32_t zero;
};

struct rect {
	uint32_t x;
	uint32_t y;
	uint32_t width;
	uint32_t height;
};

struct gpu {
	volatile struct virtio_ring ring;
	struct {
		struct header header;
		uint32_t words[12];
	} request;
	struct {
		struct header header;
		struct {
			struct rect rect;
			uint32_t enabled;
			uint32_t flags;
		} modes[16];
	} answer;
	unsigned int slot;
	uint32_t resource;
	uintptr_t memory; /* of its picture */
	bool is_old;      /* the picture that is shown */
};

static struct gpu gpus[GPUS_MAX];
static unsigned int gpu_count;

struct input {
	volatile struct virtio_ring ring;
	volatile struct {
		uint16_t type;
		uint16_t code;
		int32_t value;
	} events[VIRTIO_ENTRIES];
	unsigned int slot;
	uint16_t seen;
};

static struct input inputs[INPUTS_MAX];
static unsigned int input_count;
static uint32_t opposite; /* bits of a pixel that are the other way round */

/* ---- the adapters ------------------------------------------------------------------ */

/* Sends the request with so many words behind its header; false: refused. */
static bool ask(struct gpu *gpu, uint32_t type, unsigned int words, uint32_t wanted)
{
	gpu->request.header.type = type;
	gpu->request.header.flags = FENCE;
	gpu->request.header.fence++;
	virtio_describe(&gpu->ring, 0, &gpu->request,
		(uint32_t)sizeof(gpu->request.header) + 4 * words, VIRTIO_NEXT);
	virtio_describe(&gpu->ring, 1, &gpu->answer, sizeof(gpu->answer), VIRTIO_WRITE);
	virtio_offer(gpu->slot, CONTROL, &gpu->ring, 0);
	while (!virtio_is_idle(&gpu->ring))
		wait_for_device();
	barrier();
	if (gpu->answer.header.type == wanted)
		return true;
	put("FAILED command ");
	put_number(type);
	put(" is answered ");
	put_number(gpu->answer.header.type);
	put("\n");
	return false;
}

static unsigned int put_rect(struct gpu *gpu, unsigned int at, const struct rect *rect)
{
	gpu->request.words[at++] = rect->x;
	gpu->request.words[at++] = rect->y;
	gpu->request.words[at++] = rect->width;
	gpu->request.words[at++] = rect->height;
	return at;
}

static bool get_size(struct gpu *gpu, struct rect *ret)
{
	if (!ask(gpu, GET_DISPLAY_INFO, 0, OK_DISPLAY_INFO))
		return false;
	*ret = gpu->answer.modes[0].rect;
	ret->x = ret->y = 0;
	if (ret->width > WIDTH_MAX)
		ret->width = WIDTH_MAX;
	if (ret->height > HEIGHT_MAX)
		ret->height = HEIGHT_MAX;
	return true;
}

static void draw(struct gpu *gpu, const struct rect *size)
{
	volatile uint32_t *pixel = (volatile uint32_t *)gpu->memory;

	for (uint32_t y = 0; y < size->height; y++)
		for (uint32_t x = 0; x < size->width; x++)
			*pixel++ = ((x & 255) << 16 | (y & 255) << 8 | ((x ^ y) & 255)) ^
				   opposite;
	barrier();
}

static bool create(struct gpu *gpu, const struct rect *size)
{
	uint32_t *words = gpu->request.words;

	words[0] = ++gpu->resource;
	words[1] = BGRX;
	words[2] = size->width;
	words[3] = size->height;
	if (!ask(gpu, RESOURCE_CREATE_2D, 4, OK_NODATA))
		return false;
	words[1] = 1; /* piece of memory */
	words[2] = (uint32_t)gpu->memory;
	words[3] = 0;
	words[4] = size->width * size->height * 4;
	words[5] = 0;
	return ask(gpu, ATTACH_BACKING, 6, OK_NODATA);
}

static bool show(struct gpu *gpu)
{
	uint32_t *words = gpu->request.words;
	uint32_t old = gpu->resource;
	struct rect size;
	unsigned int at;

	if (!get_size(gpu, &size))
		return false;
	draw(gpu, &size);
	if (!create(gpu, &size))
		return false;
	at = put_rect(gpu, 0, &size);
	words[at++] = 0; /* offset, in two words */
	words[at++] = 0;
	words[at++] = gpu->resource;
	words[at++] = 0;
	if (!ask(gpu, TRANSFER_TO_HOST_2D, at, OK_NODATA))
		return false;
	at = put_rect(gpu, 0, &size);
	words[at++] = 0; /* scanout */
	words[at++] = gpu->resource;
	if (!ask(gpu, SET_SCANOUT, at, OK_NODATA))
		return false;
	at = put_rect(gpu, 0, &size);
	words[at++] = gpu->resource;
	words[at++] = 0;
	if (!ask(gpu, RESOURCE_FLUSH, at, OK_NODATA))
		return false;
	words[0] = old;
	words[1] = 0;
	if (old && !ask(gpu, RESOURCE_UNREF, 2, OK_NODATA))
		return false;
	put("shown ");
	put_number(size.width);
	put("x");
	put_number(size.height);
	put("\n");
	return true;
}

static bool open_gpus(void)
{
	int slot;

	while (gpu_count < GPUS_MAX && (slot = virtio_find(VIRTIO_GPU, gpu_count)) >= 0) {
		struct gpu *gpu = &gpus[gpu_count];

		gpu->slot = (unsigned int)slot;
		gpu->memory = FREE_RAM + gpu_count++ * WIDTH_MAX * HEIGHT_MAX * 4;
		gpu->is_old = true;
		virtio_begin(gpu->slot, 0);
		virtio_set_ring(gpu->slot, CONTROL, &gpu->ring);
		virtio_go(gpu->slot);
	}
	if (!gpu_count)
		put("FAILED there is no graphics adapter\n");
	return gpu_count;
}

/* False: one of them refused something. */
static bool show_all(void)
{
	for (unsigned int i = 0; i < gpu_count; i++) {
		struct gpu *gpu = &gpus[i];

		virtio_acknowledge(gpu->slot);
		if (virtio_config(gpu->slot, EVENTS_READ) & 1) {
			virtio_set_config(gpu->slot, EVENTS_CLEAR, 1);
			gpu->is_old = true;
		}
		if (gpu->is_old && !show(gpu))
			return false;
		gpu->is_old = false;
	}
	return true;
}

/* ---- input ------------------------------------------------------------------------- */

static void open_inputs(void)
{
	int slot;

	while (input_count < INPUTS_MAX &&
		(slot = virtio_find(VIRTIO_INPUT, input_count)) >= 0) {
		struct input *input = &inputs[input_count++];

		input->slot = (unsigned int)slot;
		virtio_begin(input->slot, 0);
		virtio_set_ring(input->slot, 0, &input->ring);
		virtio_go(input->slot);
		for (unsigned int i = 0; i < VIRTIO_ENTRIES; i++) {
			virtio_describe(&input->ring, i, &input->events[i],
				sizeof(input->events[i]), VIRTIO_WRITE);
			virtio_offer(input->slot, 0, &input->ring, i);
		}
	}
}

static void say(const char *what, uint32_t code, int32_t value)
{
	put(what);
	put_number(code);
	put(value < 0 ? " -" : " ");
	put_number(value < 0 ? -(uint64_t)value : (uint64_t)value);
	put("\n");
}

/* True: the person wants out. */
static bool look(struct input *input)
{
	bool out = false;

	for (; input->seen != input->ring.used.index; input->seen++) {
		uint32_t head = input->ring.used.ring[input->seen % VIRTIO_ENTRIES].head;
		uint16_t type = input->events[head].type, code = input->events[head].code;
		int32_t value = input->events[head].value;

		if (type == EV_KEY)
			say("key ", code, value);
		else if (type == EV_REL)
			say("rel ", code, value);
		else if (type == EV_ABS)
			say("abs ", code, value);
		out |= type == EV_KEY && code == KEY_Q && !value;
		if (type == EV_KEY && code == KEY_I && !value) {
			opposite ^= 0xffffff;
			for (unsigned int i = 0; i < gpu_count; i++)
				gpus[i].is_old = true;
		}
		virtio_offer(input->slot, 0, &input->ring, head);
	}
	return out;
}

static bool looks_on(void)
{
	bool out = false;

	for (unsigned int i = 0; i < input_count; i++) {
		virtio_acknowledge(inputs[i].slot);
		out |= look(&inputs[i]);
	}
	return !out;
}

void guest_main(void)
{
	if (!open_gpus())
		return;
	open_inputs();
	while (show_all() && looks_on())
		wait_for_device();
}
