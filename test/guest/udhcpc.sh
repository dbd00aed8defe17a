#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What udhcpc calls with the test guest's lease.

case $1 in
deconfig)
	ip addr flush dev "$interface"
	;;
bound | renew)
	ip addr add "$ip/${mask:-24}" dev "$interface"
	[ -z "$router" ] || ip route replace default via "${router%% *}" dev "$interface"
	for server in $dns; do
		echo "nameserver $server"
	done >/etc/resolv.conf
	;;
esac
