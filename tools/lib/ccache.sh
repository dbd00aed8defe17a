# SPDX-License-Identifier: Apache-2.0
# Sourced; bash; needs say.sh and apt.sh.

# use_ccache: from here on compilers give back what they once compiled, in whichever clone.
use_ccache()
{
	need_packages ccache || return 1
	export CCACHE_DIR=$BONSAI_CACHE/ccache CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=yes
	case :$PATH: in
	*:/usr/lib/ccache:*) ;;
	*) PATH=/usr/lib/ccache:$PATH ;;
	esac
}
