/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of a GICv2 without Security Extensions: Arm IHI 0048B, tables 4-1 and 4-2. */
#ifndef VGIC_GICV2_REGS_H
#define VGIC_GICV2_REGS_H

/* Distributor. Those with a bit, two bits or a byte an interrupt are arrays. */
#define GICD_CTLR 0x000
#define GICD_TYPER 0x004
#define GICD_IIDR 0x008
#define GICD_IGROUPR 0x080
#define GICD_ISENABLER 0x100
#define GICD_ICENABLER 0x180
#define GICD_ISPENDR 0x200
#define GICD_ICPENDR 0x280
#define GICD_ISACTIVER 0x300
#define GICD_ICACTIVER 0x380
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR 0x800
#define GICD_ICFGR 0xc00
#define GICD_ICFGR_END 0xd00
#define GICD_SGIR 0xf00
#define GICD_CPENDSGIR 0xf10
#define GICD_SPENDSGIR 0xf20
#define GICD_SPENDSGIR_END 0xf30
#define GICD_PIDR4 0xfd0 /* PIDR4 to 7, 0 to 3, CIDR0 to 3 up to the end */

#define GICD_CTLR_GROUPS 0x3u

/* CPU interface. */
#define GICC_CTLR 0x000
#define GICC_PMR 0x004
#define GICC_BPR 0x008
#define GICC_IAR 0x00c
#define GICC_EOIR 0x010
#define GICC_RPR 0x014
#define GICC_HPPIR 0x018
#define GICC_ABPR 0x01c
#define GICC_AIAR 0x020
#define GICC_AEOIR 0x024
#define GICC_AHPPIR 0x028
#define GICC_APR0 0x0d0
#define GICC_IIDR 0x0fc
#define GICC_DIR 0x1000

#define GICC_CTLR_ENABLE0 0x001u
#define GICC_CTLR_ENABLE1 0x002u
#define GICC_CTLR_ACKCTL 0x004u
#define GICC_CTLR_FIQEN 0x008u
#define GICC_CTLR_CBPR 0x010u
#define GICC_CTLR_EOIMODE 0x200u
#define GICC_CTLR_BITS 0x21fu

#define GIC_PRIORITY_BITS 0xf8u
#define GICC_BPR_MIN 2u
#define GICC_ABPR_MIN 3u
#define GICC_BPR_MAX 7u
#define GICC_RPR_IDLE 0xffu

#define GIC_SGIS 16u
#define GIC_INTID_BITS 0x3ffu
#define GIC_INTID_GROUP1 1022u /* group 1 is acknowledged elsewhere */
#define GIC_INTID_NONE 1023u

/* GIC-400 r0p1 (Arm DDI 0471B). */
#define GICD_IIDR_VALUE 0x0200143bu
#define GICC_IIDR_VALUE 0x0202143bu

#endif
