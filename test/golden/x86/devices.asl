[000h 0000   4]                    Signature : "XSDT"    [Extended System Description Table]
[004h 0004   4]                 Table Length : 00000034
[008h 0008   1]                     Revision : 01
[00Ah 0010   6]                       Oem ID : "BONSAI"
[010h 0016   8]                 Oem Table ID : "BONSAIVM"
[018h 0024   4]                 Oem Revision : 00000001
[01Ch 0028   4]              Asl Compiler ID : "BNSI"
[020h 0032   4]        Asl Compiler Revision : 00000001
[024h 0036   8]       ACPI Table Address   0 : 00000000000E05F0
[02Ch 0044   8]       ACPI Table Address   1 : 00000000000E0708
[000h 0000   4]                    Signature : "FACP"    [Fixed ACPI Description Table (FADT)]
[004h 0004   4]                 Table Length : 00000114
[008h 0008   1]                     Revision : 06
[00Ah 0010   6]                       Oem ID : "BONSAI"
[010h 0016   8]                 Oem Table ID : "BONSAIVM"
[018h 0024   4]                 Oem Revision : 00000001
[01Ch 0028   4]              Asl Compiler ID : "BNSI"
[020h 0032   4]        Asl Compiler Revision : 00000001
[028h 0040   4]                 DSDT Address : 000E0040
[02Eh 0046   2]                SCI Interrupt : 0009
[060h 0096   2]                   C2 Latency : 0065
[062h 0098   2]                   C3 Latency : 03E9
[06Ch 0108   1]            RTC Century Index : 32
[06Dh 0109   2]   Boot Flags (decoded below) : 0007
               Legacy Devices Supported (V2) : 1
            8042 Present on ports 60/64 (V2) : 1
                        VGA Not Present (V4) : 1
[070h 0112   4]        Flags (decoded below) : 00100435
      WBINVD instruction is operational (V1) : 1
                    All CPUs support C1 (V1) : 1
            Control Method Power Button (V1) : 1
            Control Method Sleep Button (V1) : 1
               Reset Register Supported (V2) : 1
                       Hardware Reduced (V5) : 1
[074h 0116  12]               Reset Register : [Generic Address Structure]
[075h 0117   1]                    Bit Width : 08
[077h 0119   1]         Encoded Access Width : 01 [Byte Access:8]
[078h 0120   8]                      Address : 00000000FEA00202
[080h 0128   1]         Value to cause reset : 42
[083h 0131   1]          FADT Minor Revision : 03
[08Ch 0140   8]                 DSDT Address : 00000000000E0040
[094h 0148  12]             PM1A Event Block : [Generic Address Structure]
[0A0h 0160  12]             PM1B Event Block : [Generic Address Structure]
[0ACh 0172  12]           PM1A Control Block : [Generic Address Structure]
[0B8h 0184  12]           PM1B Control Block : [Generic Address Structure]
[0C4h 0196  12]            PM2 Control Block : [Generic Address Structure]
[0D0h 0208  12]               PM Timer Block : [Generic Address Structure]
[0DCh 0220  12]                   GPE0 Block : [Generic Address Structure]
[0E8h 0232  12]                   GPE1 Block : [Generic Address Structure]
[0F4h 0244  12]       Sleep Control Register : [Generic Address Structure]
[0F5h 0245   1]                    Bit Width : 08
[0F7h 0247   1]         Encoded Access Width : 01 [Byte Access:8]
[0F8h 0248   8]                      Address : 00000000FEA00200
[100h 0256  12]        Sleep Status Register : [Generic Address Structure]
[101h 0257   1]                    Bit Width : 08
[103h 0259   1]         Encoded Access Width : 01 [Byte Access:8]
[104h 0260   8]                      Address : 00000000FEA00201
[000h 0000   4]                    Signature : "APIC"    [Multiple APIC Description Table (MADT)]
[004h 0004   4]                 Table Length : 0000007E
[008h 0008   1]                     Revision : 05
[00Ah 0010   6]                       Oem ID : "BONSAI"
[010h 0016   8]                 Oem Table ID : "BONSAIVM"
[018h 0024   4]                 Oem Revision : 00000001
[01Ch 0028   4]              Asl Compiler ID : "BNSI"
[020h 0032   4]        Asl Compiler Revision : 00000001
[024h 0036   4]           Local Apic Address : FEE00000
[028h 0040   4]        Flags (decoded below) : 00000001
                         PC-AT Compatibility : 1
[02Dh 0045   1]                       Length : 08
[030h 0048   4]        Flags (decoded below) : 00000001
                           Processor Enabled : 1
[035h 0053   1]                       Length : 08
[036h 0054   1]                 Processor ID : 01
[037h 0055   1]                Local Apic ID : 01
[038h 0056   4]        Flags (decoded below) : 00000001
                           Processor Enabled : 1
[03Dh 0061   1]                       Length : 08
[03Eh 0062   1]                 Processor ID : 02
[03Fh 0063   1]                Local Apic ID : 02
[040h 0064   4]        Flags (decoded below) : 00000001
                           Processor Enabled : 1
[045h 0069   1]                       Length : 08
[046h 0070   1]                 Processor ID : 03
[047h 0071   1]                Local Apic ID : 03
[048h 0072   4]        Flags (decoded below) : 00000001
                           Processor Enabled : 1
[04Ch 0076   1]                Subtable Type : 04 [Local APIC NMI]
[04Dh 0077   1]                       Length : 06
[04Eh 0078   1]                 Processor ID : FF
[04Fh 0079   2]        Flags (decoded below) : 0005
                                    Polarity : 1
                                Trigger Mode : 1
[051h 0081   1]         Interrupt Input LINT : 01
[052h 0082   1]                Subtable Type : 01 [I/O APIC]
[053h 0083   1]                       Length : 0C
[056h 0086   4]                      Address : FEC00000
[05Eh 0094   1]                Subtable Type : 01 [I/O APIC]
[05Fh 0095   1]                       Length : 0C
[060h 0096   1]                  I/O Apic ID : 01
[062h 0098   4]                      Address : FEC10000
[066h 0102   4]                    Interrupt : 00000018
[06Ah 0106   1]                Subtable Type : 02 [Interrupt Source Override]
[06Bh 0107   1]                       Length : 0A
[06Eh 0110   4]                    Interrupt : 00000002
[072h 0114   2]        Flags (decoded below) : 0005
                                    Polarity : 1
                                Trigger Mode : 1
[074h 0116   1]                Subtable Type : 02 [Interrupt Source Override]
[075h 0117   1]                       Length : 0A
[077h 0119   1]                       Source : 09
[078h 0120   4]                    Interrupt : 00000009
[07Ch 0124   2]        Flags (decoded below) : 0005
                                    Polarity : 1
                                Trigger Mode : 1
DefinitionBlock ("", "DSDT", 2, "BONSAI", "BONSAIVM", 0x00000001)
{
    Scope (_SB)
    {
        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501") )
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16,
                    0x03F8,
                    0x03F8,
                    0x01,
                    0x08,
                    )
                IRQNoFlags ()
                    {4}
            })
        }
        Device (RTC)
        {
            Name (_HID, EisaId ("PNP0B00") )
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16,
                    0x0070,
                    0x0070,
                    0x01,
                    0x02,
                    )
                IRQNoFlags ()
                    {8}
            })
        }
        Device (KBD)
        {
            Name (_HID, EisaId ("PNP0303") )
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16,
                    0x0060,
                    0x0060,
                    0x01,
                    0x01,
                    )
                IO (Decode16,
                    0x0064,
                    0x0064,
                    0x01,
                    0x01,
                    )
                IRQNoFlags ()
                    {1}
            })
        }
        Device (FWCF)
        {
            Name (_HID, "QEMU0002")
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16,
                    0x0510,
                    0x0510,
                    0x01,
                    0x0C,
                    )
            })
        }
        Device (PEVT)
        {
            Name (_HID, "QEMU0001")
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16,
                    0x0505,
                    0x0505,
                    0x01,
                    0x01,
                    )
            })
        }
        Device (PWRB)
        {
            Name (_HID, EisaId ("PNP0C0C") )
        }
        Device (VGEN)
        {
            Name (_HID, "BNSI0001")
            Name (_CID, "VM_Gen_Counter")
            Name (_DDN, "VM_Gen_Counter")
            Name (ADDR, Package (0x02)
            {
                0xFEA01000,
                Zero
            })
        }
        Device (GED)
        {
            Name (_HID, "ACPI0013" )
            Name (_CRS, ResourceTemplate ()
            {
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000009,
                }
            })
            OperationRegion (EREG, SystemMemory, 0xFEA00000, 0x04)
            Field (EREG, DWordAcc, NoLock, WriteAsZeros)
            {
                ESEL,   32
            }
            Method (_EVT, 1, Serialized)
            {
                Local0 = ESEL
                If ((Local0 & 0x02))
                {
                    Notify (PWRB, 0x80)
                }
                If ((Local0 & 0x0100))
                {
                    Notify (VGEN, 0x80)
                }
            }
        }
        Device (SM00)
        {
            Name (_HID, "PRP0001")
            Name (_UID, "frames")
            Name (_CRS, ResourceTemplate ()
            {
                QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0x0000000000000000,
                    0x0000000100000000,
                    0x0000000103FFFFFF,
                    0x0000000000000000,
                    0x0000000004000000,
                    ,, , AddressRangeMemory, TypeStatic)
            })
            Name (_DSD, Package (0x02)
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301") ,
                Package (0x02)
                {
                    Package (0x02)
                    {
                        "compatible",
                        "bonsai,shared-memory"
                    },
                    Package (0x02)
                    {
                        "label",
                        "frames"
                    }
                }
            })
        }
        Device (SM01)
        {
            Name (_HID, "PRP0001")
            Name (_UID, "table")
            Name (_CRS, ResourceTemplate ()
            {
                QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadOnly,
                    0x0000000000000000,
                    0x00000000D0000000,
                    0x00000000D01FFFFF,
                    0x0000000000000000,
                    0x0000000000200000,
                    ,, , AddressRangeMemory, TypeStatic)
            })
            Name (_DSD, Package (0x02)
            {
                ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301") ,
                Package (0x03)
                {
                    Package (0x02)
                    {
                        "compatible",
                        "bonsai,shared-memory"
                    },
                    Package (0x02)
                    {
                        "label",
                        "table"
                    },
                    Package (0x02)
                    {
                        "read-only",
                        One
                    }
                }
            })
        }
        Device (VR00)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, Zero)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB00000,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000010,
                }
            })
        }
        Device (VR01)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, One)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB00200,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000011,
                }
            })
        }
        Device (VR02)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x02)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB00400,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000012,
                }
            })
        }
        Device (VR03)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x03)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB00600,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000013,
                }
            })
        }
        Device (VR04)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x04)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB00800,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000014,
                }
            })
        }
        Device (VR05)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x05)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB00A00,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000015,
                }
            })
        }
        Device (VR06)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x06)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB00C00,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000016,
                }
            })
        }
        Device (VR07)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x07)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB00E00,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000017,
                }
            })
        }
        Device (VR08)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x08)
            Name (_CCA, One)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite,
                    0xFEB01000,
                    0x00000200,
                    )
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )
                {
                    0x00000018,
                }
            })
        }
    }
    Name (_S5, Package (0x04)
    {
        0x05,
        Zero,
        Zero,
        Zero
    })
}
