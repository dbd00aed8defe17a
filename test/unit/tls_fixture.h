/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates and keys that openssl has made once, for a hundred years: of a server that
 * is vm.example, 192.0.2.7 and 2001:db8::7, of a client who is ops and ops@example.org,
 * of their authority, and of another authority with a client who claims to be ops. The
 * keys are secret to nobody.
 */
#ifndef TEST_UNIT_TLS_FIXTURE_H
#define TEST_UNIT_TLS_FIXTURE_H

static const char fixture_ca[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBcTCCARegAwIBAgIUcsD9uq5BdvFC1l4uL3vj11xTClcwCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCY2EwIBcNMjYxMTIyMDYzODE5WhgPMjEyNjEwMjkwNjM4MTla\n"
	"MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbh71Uzua\n"
	"rb986yjQjl4V15nicU2gAeA9EtLX1NlYlLpoRppQBIjqVqdN2m21jlOmIpGfH939\n"
	"dyeJDcrXPKvZ96NTMFEwHQYDVR0OBBYEFBpaTtp79bwNgRr1X77g4mr5VDj7MB8G\n"
	"A1UdIwQYMBaAFBpaTtp79bwNgRr1X77g4mr5VDj7MA8GA1UdEwEB/wQFMAMBAf8w\n"
	"CgYIKoZIzj0EAwIDSAAwRQIgCQnSOKojbIfNdT1EfNDwYgCna8g/eYyHg4/9IwBJ\n"
	"tPICIQCkoL03udK6DehOvor2DwFY00yFhRdvRFRFBDW1650w0Q==\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_server[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBsDCCAVegAwIBAgIUSVU4m3q2b3uVaXCSeG0OLmAePCgwCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCY2EwIBcNMjYxMTIyMDYzODE5WhgPMjEyNjEwMjkwNjM4MTla\n"
	"MA0xCzAJBgNVBAMMAnZtMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/PRmp8Cr\n"
	"a1/Fgrv6tA7DfKndLyFmcNUD1eqsWx6Yyp38FcDtJthiZsyuZZjETyytJiE3DrkM\n"
	"NlPzE1LhVCsLEaOBkjCBjzAdBgNVHQ4EFgQUT1X0yqGrwDCIUftFXY39veQXjjkw\n"
	"HwYDVR0jBBgwFoAUGlpO2nv1vA2BGvVfvuDiavlUOPswCQYDVR0TBAIwADAtBgNV\n"
	"HREEJjAkggp2bS5leGFtcGxlhwTAAAIHhxAgAQ24AAAAAAAAAAAAAAAHMBMGA1Ud\n"
	"JQQMMAoGCCsGAQUFBwMBMAoGCCqGSM49BAMCA0cAMEQCIFsSP7zgGLqav+uVaXtw\n"
	"XJ4s7q0iHhSjr0qjwz2vDZ90AiB3Qcaj4d/YozVKO5tybgb2+tExW0lAQBdyElkT\n"
	"uEdWWQ==\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_server_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtmb0D+4ahO0x8Bw0\n"
	"+yjFWr3+7i9MHfdDBUrbaq8rD4qhRANCAAT89GanwKtrX8WCu/q0DsN8qd0vIWZw\n"
	"1QPV6qxbHpjKnfwVwO0m2GJmzK5lmMRPLK0mITcOuQw2U/MTUuFUKwsR\n"
	"-----END PRIVATE KEY-----\n";
static const char fixture_client[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBnTCCAUOgAwIBAgIUD1dbeVWmM50T0soAE9aZSuAxocUwCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCY2EwIBcNMjYxMTIyMDYzODE5WhgPMjEyNjEwMjkwNjM4MTla\n"
	"MA4xDDAKBgNVBAMMA29wczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAGrV5zK\n"
	"teZDRKu+gfDRl8rZSJKOyC4wHYxjBM0s6rIYaxDZJElGW9kK9mtTFN1jdsD0dKRp\n"
	"G0EiMvgIv22Wm1ejfjB8MB0GA1UdDgQWBBTSP3WmuOa3Ftu3UJAeQ6yF3701AjAf\n"
	"BgNVHSMEGDAWgBQaWk7ae/W8DYEa9V++4OJq+VQ4+zAJBgNVHRMEAjAAMBoGA1Ud\n"
	"EQQTMBGBD29wc0BleGFtcGxlLm9yZzATBgNVHSUEDDAKBggrBgEFBQcDAjAKBggq\n"
	"hkjOPQQDAgNIADBFAiEA3fRu57g/UQ3692F0O9sIRJUHzULXs5cX0BqfDQx65CAC\n"
	"IGdUwwNNaeCMZxii23zGf7YcbwZ3HRAf9G2aP2h2mS2V\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_client_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkdFlIvZB3U00D3jn\n"
	"wLgfcg//C2a2hOp745ConmLtz/ihRANCAAQBq1ecyrXmQ0SrvoHw0ZfK2UiSjsgu\n"
	"MB2MYwTNLOqyGGsQ2SRJRlvZCvZrUxTdY3bA9HSkaRtBIjL4CL9tlptX\n"
	"-----END PRIVATE KEY-----\n";
static const char fixture_other_ca[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBdzCCAR2gAwIBAgIUD5pjonpSsJJtfrTq546oyyF9eskwCgYIKoZIzj0EAwIw\n"
	"EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTIyMDYzODE5WhgPMjEyNjEwMjkwNjM4\n"
	"MTlaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
	"SzUIdbxqk1d61+ev13+MMc/eChJcuvNHb4zSXxC9P4w4eWeSKZ1pHpjz9M8snKzb\n"
	"I7FXfgEPivx6dQkeaA5REqNTMFEwHQYDVR0OBBYEFI5RLPyfwmQqI4EH8hLBupVh\n"
	"M3IkMB8GA1UdIwQYMBaAFI5RLPyfwmQqI4EH8hLBupVhM3IkMA8GA1UdEwEB/wQF\n"
	"MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgbm3w+0stpbhFB3THnyjRY6fVFECLSUTE\n"
	"GXBroReNwtgCIQDasU6XH1Q8CfkP/8BKE+002A75W46XfN8q3+bRnBQZcA==\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_stranger[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBkzCCATqgAwIBAgIUb7Uhj4LOYoYgYwgKo0baFy+1JfUwCgYIKoZIzj0EAwIw\n"
	"EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTIyMDYzODE5WhgPMjEyNjEwMjkwNjM4\n"
	"MTlaMA4xDDAKBgNVBAMMA29wczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPbT\n"
	"rWKwOmN8TZtKiYqctUSlPeqdTC89R6zZinPcmESGAc9Te2x4VBCyaCNvvrsCxrad\n"
	"Mo7dbu58XPwLDUPiq3CjcjBwMB0GA1UdDgQWBBSYfj+MEi+zlI+mG08FTvz+UqVH\n"
	"+DAfBgNVHSMEGDAWgBSOUSz8n8JkKiOBB/ISwbqVYTNyJDAJBgNVHRMEAjAAMA4G\n"
	"A1UdEQQHMAWCA29wczATBgNVHSUEDDAKBggrBgEFBQcDAjAKBggqhkjOPQQDAgNH\n"
	"ADBEAiBbyoj9ovRdeIVvC6FLQzGOkMhCcoDv5YfW6rGgnVxCagIgdmSGiIBFkKJs\n"
	"BrTHmtiAptp/HbWNlZyJn4IwEV0fWoo=\n"
	"-----END CERTIFICATE-----\n";
static const char fixture_stranger_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLEit9ogH1u5Nl+Qx\n"
	"hkJP+V2u2OHExHrxF7P2MxY0vUChRANCAAT2061isDpjfE2bSomKnLVEpT3qnUwv\n"
	"PUes2Ypz3JhEhgHPU3tseFQQsmgjb767Asa2nTKO3W7ufFz8Cw1D4qtw\n"
	"-----END PRIVATE KEY-----\n";

#endif
