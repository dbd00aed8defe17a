[000h 0000   4]                    Signature : "XSDT"    [Extended System Description Table]
[004h 0004   4]                 Table Length : 00000034
[008h 0008   1]                     Revision : 01
[00Ah 0010   6]                       Oem ID : "BONSAI"
[010h 0016   8]                 Oem Table ID : "BONSAIVM"
[018h 0024   4]                 Oem Revision : 00000001
[01Ch 0028   4]              Asl Compiler ID : "BNSI"
[020h 0032   4]        Asl Compiler Revision : 00000001
[024h 0036   8]       ACPI Table Address   0 : 00000000000E01F0
[02Ch 0044   8]       ACPI Table Address   1 : 00000000000E0308
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
[004h 0004   4]                 Table Length : 0000005A
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
[034h 0052   1]                Subtable Type : 04 [Local APIC NMI]
[035h 0053   1]                       Length : 06
[036h 0054   1]                 Processor ID : FF
[037h 0055   2]        Flags (decoded below) : 0005
                                    Polarity : 1
                                Trigger Mode : 1
[039h 0057   1]         Interrupt Input LINT : 01
[03Ah 0058   1]                Subtable Type : 01 [I/O APIC]
[03Bh 0059   1]                       Length : 0C
[03Eh 0062   4]                      Address : FEC00000
[046h 0070   1]                Subtable Type : 02 [Interrupt Source Override]
[047h 0071   1]                       Length : 0A
[04Ah 0074   4]                    Interrupt : 00000002
[04Eh 0078   2]        Flags (decoded below) : 0005
                                    Polarity : 1
                                Trigger Mode : 1
[050h 0080   1]                Subtable Type : 02 [Interrupt Source Override]
[051h 0081   1]                       Length : 0A
[053h 0083   1]                       Source : 09
[054h 0084   4]                    Interrupt : 00000009
[058h 0088   2]        Flags (decoded below) : 0005
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
    }
    Name (_S5, Package (0x04)
    {
        0x05,
        Zero,
        Zero,
        Zero
    })
}
