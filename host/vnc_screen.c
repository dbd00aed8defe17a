/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vnc_screen.h"

#include <assert.h>
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "host/vnc_keys.h"
#include "src/log.h"

#define STALL_MS 10000 /* for the rest of a message, or to take some of one */
#define WRONG_S 1      /* until another password may be tried */

/*
 * Success, of whose 32 bits the client gets the lower 16: where all are 0, libvncserver
 * 0.9.14 tells the other clients, and never frees what it goes through them with.
 */
#define SIZE_TAKEN 0x10000

/* ---- what the client is told  ---------------------------------------------
 */

static void set_format(rfbScreenInfoPtr screen)
{
	screen->depth = 24;
	screen->serverFormat = (rfbPixelFormat){
		.bitsPerPixel = 32,
		.depth = 24,
		.trueColour = TRUE,
		.redMax = 255,
		.greenMax = 255,
		.blueMax = 255,
		.redShift = 16,
		.greenShift = 8,
		.blueShift = 0,
	};
}

void vnc_screen_look(struct vnc_client *client)
{
	rfbScreenInfoPtr screen = client->screen;
	char *pixels = (char *)vnc_view_pixels(&client->shown);
	int width = (int)client->shown.part.width;
	int height = (int)client->shown.part.height;

	if (width != screen->width || height != screen->height) {
		rfbNewFramebuffer(screen, pixels, width, height, 8, 3, PIXEL_BYTES);
		set_format(screen);
		if (client->peer)
			screen->setTranslateFunction(client->peer);
	}
	screen->frameBuffer = pixels;
	screen->paddedWidthInBytes = (int)client->shown.frame->stride_bytes;
	rfbMarkRectAsModified(screen, 0, 0, width, height);
}

/* A mask is all the transparency that a cursor has here; half is opaque. */
void vnc_screen_shape(struct vnc_client *client, const struct vnc_cursor *cursor)
{
	memset(client->shape_mask, 0, sizeof(client->shape_mask));
	for (uint32_t i = 0; i < DISPLAY_CURSOR_SIDE * DISPLAY_CURSOR_SIDE; i++) {
		uint32_t pixel = cursor->visible ? cursor->pixels[i] : 0;
		uint32_t alpha = pixel >> 24;
		uint32_t ret = 0;

		for (unsigned int shift = 0; alpha && shift < 24; shift += 8) {
			uint32_t colour = (pixel >> shift & 0xff) * 255 / alpha;

			ret |= (colour > 255 ? 255 : colour) << shift;
		}
		client->shape_pixels[i] = ret;
		if (alpha >= 0x80)
			client->shape_mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	client->shape.xhot = (unsigned short)cursor->hot_x;
	client->shape.yhot = (unsigned short)cursor->hot_y;
	client->has_cursor = true;
	if (client->peer)
		client->peer->cursorWasChanged = TRUE;
}

/* ---- what the client does ------------------------------------------------
 */

static struct vnc_client *client_of(rfbClientPtr peer)
{
	return peer->screen->screenData;
}

/* Only the last place of a pointer counts while nothing else happens. */
static bool moves_on(const struct vnc_event *last, const struct vnc_event *event)
{
	return last->kind == VNC_POINTER && event->kind == VNC_POINTER &&
	       last->buttons == event->buttons;
}

static void tell(struct vnc_client *client, const struct vnc_event *event)
{
	pthread_mutex_lock(&client->lock);
	while (client->queue_count == VNC_QUEUE_MAX && !client->leaving)
		pthread_cond_wait(&client->room, &client->lock);
	if (client->queue_count &&
		moves_on(&client->queue[client->queue_count - 1], event))
		client->queue[client->queue_count - 1] = *event;
	else if (client->queue_count < VNC_QUEUE_MAX)
		client->queue[client->queue_count++] = *event;
	pthread_mutex_unlock(&client->lock);
	loop_post(client->loop, &client->heard);
}

static void tell_key(struct vnc_client *client, uint16_t key, bool down)
{
	struct vnc_event event = {.kind = VNC_KEY, .key = key, .down = down};

	if (key)
		tell(client, &event);
}

static void key_by_meaning(rfbBool down, rfbKeySym keysym, rfbClientPtr peer)
{
	tell_key(client_of(peer), vnc_key_from_keysym(keysym), down);
}

static void pointer_moved(int buttons, int x, int y, rfbClientPtr peer)
{
	struct vnc_event event = {
		.kind = VNC_POINTER,
		.buttons = (uint8_t)buttons,
		.x = (uint16_t)x,
		.y = (uint16_t)y,
		.width = (uint32_t)peer->screen->width,
		.height = (uint32_t)peer->screen->height,
	};

	tell(client_of(peer), &event);
}

static int size_wanted(int width, int height, int screens, rfbExtDesktopScreen *layout,
	rfbClientPtr peer)
{
	struct vnc_event event = {
		.kind = VNC_RESIZE,
		.width = (uint32_t)width,
		.height = (uint32_t)height,
	};

	if (width < 1 || width > (int)DISPLAY_SIDE_MAX || height < 1 ||
		height > (int)DISPLAY_SIDE_MAX || screens != 1)
		return rfbExtDesktopSize_InvalidScreenLayout;
	tell(client_of(peer), &event);
	return SIZE_TAKEN;
}

static rfbCursorPtr shape_of(rfbClientPtr peer)
{
	struct vnc_client *client = client_of(peer);

	return client->has_cursor ? &client->shape : NULL;
}

/* For those who try one after the other. */
static void wait_a_moment(struct vnc_client *client)
{
	struct timespec until;
	int code = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WRONG_S;
	pthread_mutex_lock(&client->lock);
	while (!client->leaving && code != ETIMEDOUT)
		code = pthread_cond_timedwait(&client->room, &client->lock, &until);
	pthread_mutex_unlock(&client->lock);
}

static rfbBool password_is_right(rfbClientPtr peer, const char *response, int bytes)
{
	struct vnc_client *client = client_of(peer);
	unsigned char expected[CHALLENGESIZE];
	char password[MAXPWLEN + 1] = "";
	unsigned char wrong = bytes != CHALLENGESIZE;

	strncpy(password, client->rules->password, MAXPWLEN);
	memcpy(expected, peer->authChallenge, sizeof(expected));
	rfbEncryptBytes(expected, password);
	for (int i = 0; i < bytes && i < CHALLENGESIZE; i++)
		wrong |= (unsigned char)response[i] ^ expected[i];
	if (wrong) {
		log_host("a VNC client gave a wrong password");
		wait_a_moment(client);
	}
	return !wrong;
}

/* ---- codes of keys and LEDs, which libvncserver does not know -------------------------
 */

/* Pseudo-encodings of RFC 6143's registry, and the message of the first. */
#define TELLS_KEYS (-258)
#define TELLS_LEDS (-261)
#define MESSAGE_EXTENDED 255
#define EXTENDED_KEY 0
#define EXTENDED_BYTES 11 /* behind the type */

#define LED_BIT_SCROLL 1u
#define LED_BIT_NUM 2u
#define LED_BIT_CAPS 4u

/* Only noted: libvncserver holds a lock that all clients take. */
static rfbBool wants(rfbClientPtr peer, void **data, int encoding)
{
	struct vnc_client *client = client_of(peer);

	if (encoding == TELLS_KEYS)
		client->tells_keys = true;
	else if (encoding == TELLS_LEDS)
		client->tells_leds = client->leds_changed = true;
	else
		return FALSE;
	return TRUE;
}

static uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static rfbBool key_by_code(
	rfbClientPtr peer, void *data, const rfbClientToServerMsg *message)
{
	uint8_t rest[EXTENDED_BYTES];
	uint16_t key;

	if (message->type != MESSAGE_EXTENDED)
		return FALSE;
	if (rfbReadExact(peer, (char *)rest, sizeof(rest)) <= 0 ||
		rest[0] != EXTENDED_KEY) {
		rfbCloseClient(peer);
		return TRUE;
	}
	key = vnc_key_from_scancode(be32(rest + 7));
	if (!key)
		key = vnc_key_from_keysym(be32(rest + 3));
	tell_key(client_of(peer), key, rest[1] || rest[2]);
	return TRUE;
}

static int extension_encodings[] = {TELLS_KEYS, TELLS_LEDS, 0};
static rfbProtocolExtension extension = {
	.pseudoEncodings = extension_encodings,
	.enablePseudoEncoding = wants,
	.handleMessage = key_by_code,
};

/* An update of one rectangle that is none. */
static void announce(
	rfbClientPtr peer, int32_t encoding, const uint8_t *payload, size_t bytes)
{
	uint8_t message[4 + 12 + 1] = {0, 0, 0, 1};

	assert(bytes <= 1);
	for (unsigned int i = 0; i < 4; i++)
		message[12 + i] = (uint8_t)((uint32_t)encoding >> (24 - 8 * i));
	if (bytes)
		memcpy(message + 16, payload, bytes);
	if (rfbWriteExact(peer, (const char *)message, (int)(16 + bytes)) <= 0)
		rfbCloseClient(peer);
}

static void announce_leds(struct vnc_client *client)
{
	unsigned int leds = client->shown_leds;
	uint8_t bits = (uint8_t)((leds >> LED_SCROLLL & 1) * LED_BIT_SCROLL |
				 (leds >> LED_NUML & 1) * LED_BIT_NUM |
				 (leds >> LED_CAPSL & 1) * LED_BIT_CAPS);

	announce(client->peer, TELLS_LEDS, &bits, 1);
}

void vnc_screen_announce(struct vnc_client *client)
{
	if (client->tells_keys)
		announce(client->peer, TELLS_KEYS, NULL, 0);
	client->tells_keys = false;
	if (client->leds_changed && client->tells_leds &&
		client->peer->sock != RFB_INVALID_SOCKET)
		announce_leds(client);
	client->leds_changed = false;
}

/* ---- messages --------------------------------------------------------------------
 */

/* Scaled pictures are the clients' own business: libvncserver's are none too careful. */
static bool is_scaled(const struct vnc_client *client)
{
	return client->peer->scaledScreen != client->screen;
}

void vnc_screen_read(struct vnc_client *client)
{
	rfbCheckFds(client->screen, 0);
	if (client->peer->sock == RFB_INVALID_SOCKET)
		return;
	/* A guest that has no cursor yet leaves the client its own. */
	if (!client->has_cursor)
		client->peer->cursorWasChanged = FALSE;
	if (is_scaled(client))
		rfbCloseClient(client->peer);
	else
		vnc_screen_announce(client);
}

/* What libvncserver 0.9.14 makes for a client and forgets. */
static void free_forgotten(rfbClientPtr peer)
{
	free(peer->wsctx);
	peer->wsctx = NULL;
	while (peer->extensions) {
		rfbExtensionData *enabled = peer->extensions;

		peer->extensions = enabled->next;
		free(enabled);
	}
}

void vnc_screen_leave(struct vnc_client *client)
{
	rfbScreenInfoPtr screen = client->screen;

	free_forgotten(client->peer);
	rfbClientConnectionGone(client->peer);
	client->peer = NULL;
	while (screen->scaledScreenNext) {
		rfbScreenInfoPtr scaled = screen->scaledScreenNext;

		screen->scaledScreenNext = scaled->scaledScreenNext;
		free(scaled->frameBuffer);
		free(scaled);
	}
}

/* ---- life ------------------------------------------------------------------------
 */

static void say_nothing(const char *format, ...)
{
}

rfbScreenInfoPtr vnc_screen_create(struct vnc_client *client)
{
	rfbScreenInfoPtr screen;

	rfbLog = say_nothing;
	rfbErr = say_nothing;
	rfbRegisterProtocolExtension(&extension);
	screen = rfbGetScreen(NULL, NULL, (int)client->shown.part.width,
		(int)client->shown.part.height, 8, 3, PIXEL_BYTES);

	if (!screen)
		return NULL;
	set_format(screen);
	screen->screenData = client;
	screen->desktopName = client->rules->name;
	screen->alwaysShared = TRUE;
	screen->deferUpdateTime = 0;
	screen->maxClientWait = STALL_MS;
	screen->authPasswdData = client->rules->password ? client : NULL;
	screen->passwordCheck = password_is_right;
	screen->kbdAddEvent = key_by_meaning;
	screen->ptrAddEvent = pointer_moved;
	screen->setDesktopSizeHook = size_wanted;
	/* Not its own, which it would draw into the guest's pixels for some clients. */
	screen->cursor = NULL;
	screen->getCursorPtr = shape_of;
	return screen;
}

void vnc_screen_rehearse(struct vnc_client *client)
{
	static const char version[] = "RFB 003.008\n";
	unsigned char challenge[16] = "";
	char password[] = "rehearse";
	int pair[2];

	/* Libgcrypt opens files and a socket at its first use: passwords, browsers. */
	rfbEncryptBytes(challenge, password);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return;
	vnc_screen_look(client);
	if (write(pair[1], version, sizeof(version) - 1) > 0 && pair[0] < FD_SETSIZE)
		client->peer = rfbNewClient(client->screen, pair[0]);
	else
		close(pair[0]);
	if (client->peer) {
		rfbCheckFds(client->screen, 0);
		rfbClientConnectionGone(client->peer);
	}
	client->peer = NULL;
	close(pair[1]);
}
