# SPDX-License-Identifier: Apache-2.0
# A VM that openssl has signed, on a host that asks for that and on one that does not.

policy=/etc/bonsai/policy.xml

# signed_vm: the files of one in this folder, and no policy of the host's.
signed_vm()
{
	cp "$lab"/signed/* .
	rm -f $policy
}

# policy ELEMENTS: the host's.
policy()
{
	mkdir -p /etc/bonsai
	echo "<policy>$1</policy>" >$policy
}

# change FILE: one byte of it, in place.
change()
{
	printf x | dd of="$1" bs=1 seek=100000 conv=notrunc 2>/dev/null
}

runs_as_it_was_signed()
{
	signed_vm
	run 20 0
	says up
	policy "<trust key='$PWD/vendor.pem' name='vm' minimum_version='7'/>"
	run 20 0
	says up
	rm $policy
}

is_refused_when_changed()
{
	signed_vm
	change initrd
	refuses 2 initrd_rom "is not the file that was signed"
	signed_vm
	sed -i s/quiet/debug/ vm.xml
	refuses 2 "this file is not the one that was signed"
	signed_vm
	sed -i 's/version 7/version 8/' vm.sig
	refuses 2 "has not signed this manifest"
}

# What the VM's own file says does not help it.
is_refused_by_the_policy()
{
	signed_vm
	policy "<trust key='$PWD/vendor.pem' minimum_version='8'/>"
	refuses 2 $policy:1 "version 7 is signed, minimum_version is 8"
	policy ""
	refuses 2 $policy:1 "no key is trusted for this VM"
	sed -i '/<verify/d' vm.xml
	refuses 2 vm.xml:1 "the VM is not signed"
	rm $policy
	run 20 0
}

claim "a signed guest boots" runs_as_it_was_signed
claim "a changed one does not" is_refused_when_changed
claim "the host's policy has the last word" is_refused_by_the_policy
rm -f $policy
