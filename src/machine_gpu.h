/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graphics adapters of a machine and what shows their pictures. Part of the composition
 * root, for machine_devices.c only.
 */
#ifndef SRC_MACHINE_GPU_H
#define SRC_MACHINE_GPU_H

struct error;
struct machine_device;
struct machine_device_host;

/* Fills device->display and device->dev. */
int machine_gpu_create(struct machine_device *device,
	const struct machine_device_host *host, struct error *err);

#endif
