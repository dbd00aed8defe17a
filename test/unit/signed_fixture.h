/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manifest, keys, signatures and certificates that openssl has made once, so that every
 * build's own library is tried on what another one made.
 */
#ifndef TEST_UNIT_SIGNED_FIXTURE_H
#define TEST_UNIT_SIGNED_FIXTURE_H

static const char fixture_text[] =
	"bonsai manifest 1\n"
	"name router\n"
	"version 7\n"
	"config 812 sha256 "
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
static const char fixture_key_p256[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEhW56RW1xmMr4xi5eOrakQNlPlHlq\n"
	"eWX9d2p4duNWkWTqa+A5lAlw12eDOQlPKC3E0FpNLigz0XDJ63BxF7ayDA==\n"
	"-----END PUBLIC KEY-----\n";
static const char fixture_signature_p256[] =
	"-----BEGIN SIGNATURE-----\n"
	"MEUCIEr1nCxZ+No95MjEcP/EqCPBrLlgotiodhWrrCrandJEAiEAibVwZftjBP5Q\n"
	"t3EddEjv2D4j29aaSr+b1Nu8dS6C0Sg=\n"
	"-----END SIGNATURE-----\n";
static const char fixture_key_p384[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEJnuQ11Mve/5M+agpDxHzLb2QbUmfnacw\n"
	"Ayb50BR3EWbZEzhXuzmCquOB0I8zSgA1QWbP/HC2HsQx+hHNSZVLDT8A3MwAKZIx\n"
	"Z5QG+NpfEAXsyHUbCl3AXawscgBNsnKF\n"
	"-----END PUBLIC KEY-----\n";
static const char fixture_signature_p384[] =
	"-----BEGIN SIGNATURE-----\n"
	"MGQCMBp8AHtM2G43s68ZOFqeWPMNajPiPl4ojjHh5NX2OrlR3ILcMGEyQBl8SwBA\n"
	"Q7oyWQIwCcDqe3p+OakUU20igkBqW03awe3LgOyMksVNFQcIiUmmrm/eD0Q9iCNI\n"
	"+3eX3j/0\n"
	"-----END SIGNATURE-----\n";
static const char fixture_key_rsa[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEAtTWnrSx55rIF2twJ+NB+\n"
	"D1TuQwnl7Jq+dVg2/eA72uinY4dZ0ZJvE6PtvY/Z2YL/esxYiqQQzYrv0jrLfEvr\n"
	"yw8LPdFtwkCYkewiuBmI6Aq1FGqCUXwlIzo3UgQGezvwRoX5OJ72IGyNwYVAe2ET\n"
	"Q6U1nyCfH5OQwdtAy4yUiOzlL39rrLaf7PYn4YrQytwuoRzERRv98mnWyxZzIg5X\n"
	"rvm2P2Tc+60kKnY/pSAOheO6VkCKGcq10kpIGBmJjXQeLDrjQKvH5z0hZiW1uP8P\n"
	"j6mbiFXd6WGu6rFLfhkvwmC8M6oWKit2O6QYo/9erzkDujtFR8l96fqW4/eiTKYt\n"
	"XUcmJB5Sq+PNAd89T7mBCJGcghz1wZDSJDHpHiZnICy4f3k2mcwuaUWWnUEe0RlE\n"
	"MWfS8bytIKZxS+rehlG4wr1FpOqrCTJusVRoIucxo1686sH2cfG8oyp16s1kh3RL\n"
	"MtXKhJA+J/Ghqp6iCToprvsZkWJirSTYSdyHSW+XqEaJAgMBAAE=\n"
	"-----END PUBLIC KEY-----\n";
static const char fixture_signature_rsa[] =
	"-----BEGIN SIGNATURE-----\n"
	"AcV+wYFChVneKkEN45KYvDrDkJ7+yqDiYl3Qfl1KHVkBgiOR7OJY8kreZzY+j/EA\n"
	"rJNXKBVoyg3KozvjMVX2cEdw4p6oaqi+TNZKgbS2ra/hbeF8vK9waFQVl69S9siE\n"
	"ystvVA2txEwK5k/XTp+71D8grYzyrIDM1VNqIYHNv42JW8osKgqhivusxxM2/IAa\n"
	"AtZgQOBW7weIxSrCII16AnXh3KM5Y7KD+vxGVPKrDRe3HaO4z7gblUq+FJ7oP9R2\n"
	"PEACYMWHqoOgy1OP/o2ohBO1I7ewzuPz1Ym6irziI7mamHHW0QwqVg+Ko8SZaR05\n"
	"ok2SxLinhZHK/S0j3vk/IqxFcmx9eCKapq4VUd5h81WARsJ0/MRGiRRGN0mv2h5f\n"
	"sG5oNWnJ2NFo4bBXJuFPBCLn8Ow9TaSFBFCOj6Tgy9NXNmZBsx6DJEcw3KmKJUDz\n"
	"mxXEMeAKwNQSBwHJ5UJxhHHZEZBeieto67Cti0vB6QDteUeStVjaiNQo2KVTxkTa\n"
	"-----END SIGNATURE-----\n";
static const char fixture_certificate_ca[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBmTCCASCgAwIBAgIUK+2p52hXk3nxbmnxM9hrmeBzaBUwCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCY2EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBa\n"
	"MA0xCzAJBgNVBAMMAmNhMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEJnuQ11Mve/5M\n"
	"+agpDxHzLb2QbUmfnacwAyb50BR3EWbZEzhXuzmCquOB0I8zSgA1QWbP/HC2HsQx\n"
	"+hHNSZVLDT8A3MwAKZIxZ5QG+NpfEAXsyHUbCl3AXawscgBNsnKFoz8wPTAPBgNV\n"
	"HRMBAf8EBTADAQH/MAsGA1UdDwQEAwICBDAdBgNVHQ4EFgQUXRGMAgk3uTD1dG7d\n"
	"aUJZLUWFm8EwCgYIKoZIzj0EAwIDZwAwZAIwOgiHegOd9szSBEkxxXAd0JBOwnqy\n"
	"lACLiaYyuFYnGMGDixKNklniAZRAH854cgZfAjAPyLXc1RBLWeGofo8oRVjZSS84\n"
	"zlrwSqNnM2b1RR0e7zCNJti/Rl4jqAqtImxu+Kw=\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_certificate_good[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBozCCASqgAwIBAgIUXfL6sX1Z2GhgYPNyQfZaxVGRYugwCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCY2EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBa\n"
	"MA8xDTALBgNVBAMMBGdvb2QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASFbnpF\n"
	"bXGYyvjGLl46tqRA2U+UeWp5Zf13anh241aRZOpr4DmUCXDXZ4M5CU8oLcTQWk0u\n"
	"KDPRcMnrcHEXtrIMo2QwYjALBgNVHQ8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUH\n"
	"AwMwHQYDVR0OBBYEFI3v6TuzV5zosOZlBniRIAupsyV0MB8GA1UdIwQYMBaAFF0R\n"
	"jAIJN7kw9XRu3WlCWS1FhZvBMAoGCCqGSM49BAMCA2cAMGQCMEJJJ112ELcsKRLN\n"
	"KGFIzdNhR+C2qIGzfJAALFai+z4o5wRp8VeZietNwjk6zAktCgIwDasvZwbbD+Qz\n"
	"CYcUpR8Ag0gtoHtTGRfrvw/LfBPwtR+WXeyhEEIzHIzoJy1ZNjjQ\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_certificate_past[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBozCCASigAwIBAgIUNvYuBfKVUYvaYRJZYN4VSpvIDNgwCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCY2EwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAP\n"
	"MQ0wCwYDVQQDDARwYXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEhW56RW1x\n"
	"mMr4xi5eOrakQNlPlHlqeWX9d2p4duNWkWTqa+A5lAlw12eDOQlPKC3E0FpNLigz\n"
	"0XDJ63BxF7ayDKNkMGIwCwYDVR0PBAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMD\n"
	"MB0GA1UdDgQWBBSN7+k7s1ec6LDmZQZ4kSALqbMldDAfBgNVHSMEGDAWgBRdEYwC\n"
	"CTe5MPV0bt1pQlktRYWbwTAKBggqhkjOPQQDAgNpADBmAjEA+HEUx3X+s6yd7h+3\n"
	"gZJ7jMWGbn39SWwbGd7EvnJetBwIYN52U9+eoWX+CS6auacaAjEA2z1651xKhrGy\n"
	"dMWg9z7c+N7xryeKxrwDcN66EWLpo9rUBRCM3ohvDwMBYhzoUp4D\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_certificate_future[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBqDCCAS6gAwIBAgIUW3fH8sh4EvaMeH66sFDDdRWEBoQwCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCY2EwIhgPMjExMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAw\n"
	"MFowETEPMA0GA1UEAwwGZnV0dXJlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
	"hW56RW1xmMr4xi5eOrakQNlPlHlqeWX9d2p4duNWkWTqa+A5lAlw12eDOQlPKC3E\n"
	"0FpNLigz0XDJ63BxF7ayDKNkMGIwCwYDVR0PBAQDAgeAMBMGA1UdJQQMMAoGCCsG\n"
	"AQUFBwMDMB0GA1UdDgQWBBSN7+k7s1ec6LDmZQZ4kSALqbMldDAfBgNVHSMEGDAW\n"
	"gBRdEYwCCTe5MPV0bt1pQlktRYWbwTAKBggqhkjOPQQDAgNoADBlAjEApZzqOc+J\n"
	"G0JkCl33QjM2/yLBeHclg31STP8sGPslnnfc/Dehbww89CkfxCPeS+BtAjBkPN6y\n"
	"egBl6tB1IXebc8/GD4yfS7m4sMJdjUlpvhA2ULrFg9FVhIaSpjXcAI05R0I=\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_certificate_server[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBmDCCAR+gAwIBAgIUV8NKe095YSWaYb+YZHt8dnU8ae8wCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCY2EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBa\n"
	"MBExDzANBgNVBAMMBnNlcnZlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIVu\n"
	"ekVtcZjK+MYuXjq2pEDZT5R5anll/XdqeHbjVpFk6mvgOZQJcNdngzkJTygtxNBa\n"
	"TS4oM9FwyetwcRe2sgyjVzBVMBMGA1UdJQQMMAoGCCsGAQUFBwMBMB0GA1UdDgQW\n"
	"BBSN7+k7s1ec6LDmZQZ4kSALqbMldDAfBgNVHSMEGDAWgBRdEYwCCTe5MPV0bt1p\n"
	"QlktRYWbwTAKBggqhkjOPQQDAgNnADBkAjAsNp6U88QXf1q5if/piXsrspLB8Soy\n"
	"Qa3TC+/7XJmxeq4aTnm/SWYIxnFkwNW2/PYCMGrEQoStfvD4IeAEeC3lgFfUK8k2\n"
	"k6gjYiEm9dPIMr5D4XcMhhB3PYv90OkmkcqV/w==\n"
	"-----END CERTIFICATE-----\n";

#endif
