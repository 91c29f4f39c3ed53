/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/findings.h"

/* Title, what it means, how it is known, what to do, what espota.py said. */
#define ENTRY(title, means, known, cure, espota)                                                   \
	{                                                                                          \
		title, means, known, cure, espota,                                                 \
			means "\n\nHow it is known: " known "\n\nWhat to do: " cure                \
	}

static const struct finding_text texts[FINDING_COUNT] = {
	[FINDING_FIREWALL_DROP] = ENTRY(
		"A firewall on this computer drops the device's connection",
		"In an ArduinoOTA upload this computer only sends an invitation; the device then "
		"opens a TCP connection back to this computer to fetch the image. A rule or the "
		"default policy of this computer's firewall throws that connection away without "
		"an answer. The invitation itself passes, so everything else about the device "
		"looks healthy.",
		"The rules are read from the kernel and the packet is run through them as the "
		"kernel would. The rule named is the first one that drops it; if it is a policy, "
		"no rule before it accepted the packet.",
		"Let this device reach the host port: espota-doctor --fix prints the smallest "
		"rule for it, checked against the rules as read. Or choose a port that is open "
		"already; espota-doctor ports lists them.",
		"No response from device"),
	[FINDING_FIREWALL_REJECT] = ENTRY(
		"A firewall on this computer refuses the device's connection",
		"As firewall-drop, but the firewall answers the device with a TCP reset or an "
		"ICMP error, so that the device gives up at once. It is a rule, not a missing "
		"listener.",
		"The rules are read from the kernel and the packet is run through them; the first "
		"one that rejects it is named.",
		"As for firewall-drop: a rule that lets this device in, as espota-doctor --fix "
		"prints it, or a port that is open already.",
		"No response from device"),
	[FINDING_FIREWALL_EGRESS] = ENTRY(
		"A firewall on this computer stops the invitation on its way out",
		"The UDP invitation, or a packet that it needs (ARP, a name lookup), is not "
		"allowed to leave this computer. Kill switches of VPNs do this: they forbid "
		"everything that does not go through the tunnel.",
		"The rules for outgoing packets drop or reject it, or the kernel refused to send "
		"it (EPERM).",
		"Allow traffic to the local network: in a VPN's own settings, where it is called "
		"local network sharing or LAN access, else by a rule of the firewall that is "
		"named.",
		"traceback: Operation not permitted; No Answer; No response from the ESP"),
	[FINDING_FIREWALL_REPLY] = ENTRY(
		"A firewall on this computer drops the device's answer",
		"The invitation leaves, but the UDP answer of the device (OK, or the request for "
		"the password) or a packet that it needs is thrown away on the way in. Usually "
		"the rule that accepts answers to one's own packets (established) is missing or "
		"comes too late.",
		"The rules are read from the kernel and the answer is run through them.",
		"Accept packets of established connections early in the input chain, or the UDP "
		"answers of this device.",
		"No Answer; No response from the ESP"),
	[FINDING_FIREWALL_SYNACK] = ENTRY(
		"A firewall on this computer stops the answer to the device's connection",
		"The device's connection gets in, but this computer's own answer to it (SYN and "
		"ACK) is not allowed out.",
		"The rules for outgoing packets are read and the answer is run through them.",
		"Accept outgoing packets of established connections, or TCP from the host port to "
		"this device.",
		"No response from device"),
	[FINDING_FIREWALL_TRANSFER] = ENTRY(
		"A firewall on this computer cuts the connection after it was opened",
		"The first two packets of the device's connection pass and a later one does not. "
		"Usually the rules accept new connections on the port but not the packets of "
		"established ones.",
		"The later packets are run through the rules with the connection state that the "
		"first ones left behind.",
		"Accept established connections in both directions (ct state established accept) "
		"before the rule that is named.",
		"Error Uploading; No Result!"),
	[FINDING_FIREWALL_REDIRECT] = ENTRY(
		"A rule on this computer sends the device's connection somewhere else",
		"Address translation on this computer changes where the device's connection goes: "
		"to another port, another host, a container or a proxy. The listener of the "
		"upload never sees it.",
		"The rules are read from the kernel; the rule named is the one that redirects.",
		"Use a host port that the rule does not cover (-P), or exclude this device from "
		"the rule.",
		"No response from device"),
	[FINDING_FIREWALL_UNDECIDED] = ENTRY(
		"The firewall on this computer decides this case by chance or by another program",
		"Whether the device's packet passes hangs on something that the rules alone do "
		"not tell: a rate limit, a quota, a random number, the time of day, a program in "
		"user space, or a rule of a kind that is not known here.",
		"The rules were read and followed both ways; the ways end differently.",
		"Try it: espota-doctor check --rehearse lets the device connect and flashes "
		"nothing. Or choose a port where the rules are clear; espota-doctor ports lists "
		"them.",
		"No response from device"),
	[FINDING_RULES_UNREADABLE] = ENTRY(
		"The firewall rules of this computer may not be read",
		"Reading the rules needs the capability CAP_NET_ADMIN, which a normal user does "
		"not have. What can be seen without it does not suffice for a verdict.",
		"The kernel refused the request.",
		"Run the same check with sudo. Or have the device try it: espota-doctor check "
		"--rehearse needs no privilege, and a connection that comes is proof.",
		NULL),
	[FINDING_CONNECTION_MISSING] = ENTRY(
		"The device agreed, but its connection did not arrive",
		"The device accepted the invitation and was to connect back; nothing came. This "
		"computer's firewall, the network between, or the device may be the reason; "
		"without privilege nothing here could watch the wire.",
		"The device's OK came in; the listener saw no connection until the time was up.",
		"Run the check with sudo: it reads the rules and names the place.",
		"No response from device"),
	[FINDING_PORT_IN_USE] = ENTRY(
		"Another program on this computer uses the host port",
		"Something else listens on the TCP port that the device was to connect to. The "
		"connection would reach that program.",
		"The list of sockets, or the kernel's refusal to bind the port.",
		"End that program, or choose another port with -P.", "Listen Failed"),
	[FINDING_PORT_PRIVILEGED] = ENTRY(
		"The host port is reserved for privileged programs",
		"Ports below net.ipv4.ip_unprivileged_port_start (usually 1024) can be bound only "
		"with the capability CAP_NET_BIND_SERVICE.",
		"The kernel's setting and the capabilities of this process.",
		"Choose a port of 1024 or above with -P.", "Listen Failed"),
	[FINDING_ADDRESS_NOT_LOCAL] = ENTRY(
		"The host address is not one of this computer's",
		"The address given with -I belongs to no interface of this computer, so that "
		"nothing can be received on it.",
		"The list of this computer's addresses.",
		"Leave out -I: the address is then chosen by the route to the device. Or give one "
		"that this computer has.",
		"Listen Failed"),
	[FINDING_ADDRESS_MISMATCH] = ENTRY(
		"The device cannot call the host address back",
		"The device connects to the address that the invitation came from. The one given "
		"with -I is this computer's, but it is loopback, or it belongs to another network "
		"than the device's, so that the device's packets cannot get there.",
		"The address, the networks of the interfaces, and the route to the device.",
		"Leave out -I, or give this computer's address in the device's network.",
		"No response from device"),
	[FINDING_NO_ROUTE] = ENTRY(
		"There is no route between this computer and the device",
		"The kernel knows no way to the device's address, or none back, or the way is "
		"blocked on purpose (blackhole, prohibit, unreachable).",
		"The kernel's answer to a route query for these two addresses.",
		"Connect this computer to the device's network, or repair the route that is "
		"named.",
		"No Answer; No response from the ESP"),
	[FINDING_ROUTE_VIA_TUNNEL] = ENTRY(
		"The route to the device leads into a VPN or tunnel",
		"The device's address is in a network that this computer is directly connected "
		"to, yet its packets are sent into a VPN or tunnel, so that they never get to the "
		"device.",
		"The kernel's answer to a route query, and the kind of the interface that it "
		"names.",
		"Allow the local network in the VPN's settings, or disconnect the VPN for the "
		"upload. A device that really is behind the tunnel is no error.",
		"No Answer; No response from the ESP"),
	[FINDING_REVERSE_PATH_FILTER] = ENTRY(
		"The kernel's source check discards the device's packets",
		"With rp_filter the kernel discards a packet whose source it would not reach "
		"through the interface the packet came in by, and one with an impossible source "
		"(martian). It happens with two interfaces in the same network, and with policy "
		"routing.",
		"The kernel's answer to a route query for the device's packet as it comes in, or "
		"its own log or counters.",
		"Use one interface for that network, repair the route, or set "
		"net.ipv4.conf.INTERFACE.rp_filter to 2 (loose).",
		"No response from device"),
	[FINDING_HOST_BEHIND_NAT] = ENTRY(
		"This computer is behind address translation: the device calls another address",
		"In a container, a virtual machine or WSL the packets leave with the address of "
		"another host. The device connects to that one, where nobody listens.",
		"Signs of a container, virtual machine or WSL, and the kind of network it has. "
		"Only a rehearsal can prove that a forwarding works.",
		"Use the network of the host (docker run --network host, a bridged adapter, "
		"mirrored networking in WSL), or forward a port and name it with -P; then try it "
		"with espota-doctor check --rehearse -P PORT.",
		"No response from device"),
	[FINDING_SOCKET_POLICY] = ENTRY(
		"A policy on this program's sockets discards the connection",
		"A BPF program on the control group filters what sockets in it may receive or "
		"send; systemd's IPAddressDeny= and IPAddressAllow= work so. No firewall listing "
		"shows it.",
		"The programs attached to this process's control group. Being present is only a "
		"warning.",
		"Allow the device's address in the service's settings, or run the upload outside "
		"of that service.",
		"No response from device"),
	[FINDING_TRAFFIC_CONTROL] =
		ENTRY("Traffic control or XDP on the interface discards the packets",
		      "A filter at the interface (tc ingress, or an XDP program) sees the packets "
		      "before any firewall rule and may discard them.",
		      "The filters attached to the interface. Being present is only a warning.",
		      "Have the filter let this device pass, or detach it for the upload.",
		      "No response from device"),
	[FINDING_CONNTRACK_FULL] = ENTRY(
		"The connection tracking table of this computer is full",
		"The kernel drops packets of new connections when it can track no more of them.",
		"The number of entries against net.netfilter.nf_conntrack_max.",
		"Raise net.netfilter.nf_conntrack_max, or find what fills the table.",
		"No response from device"),
	[FINDING_NAME_UNRESOLVED] = ENTRY(
		"The device's name does not resolve",
		"No address was found for the name. Names in .local are asked for by multicast "
		"(mDNS) and answered by the device itself: it must be on, and in the same "
		"network.",
		"The resolver's or the devices' silence, or an answer that there is no IPv4 "
		"address.",
		"Give the device's address instead of its name; the router's list of clients "
		"shows it. espota-doctor discover lists devices that announce themselves.",
		"Host NAME Not Found; traceback: gaierror"),
	[FINDING_DEVICE_NOT_FOUND] = ENTRY(
		"Nothing in this network answers at the device's address",
		"Before anything can be sent to the device, this computer asks the network for "
		"its hardware address (ARP). Nobody answered: the device is off, asleep, not "
		"joined to the Wi-Fi, has another address, or the access point keeps wireless "
		"clients apart (client isolation, guest network).",
		"The kernel's neighbour entry failed. No firewall rule for IP packets can be the "
		"reason.",
		"Check the device's power and Wi-Fi and its current address. Put this computer "
		"and the device in the same network, not a guest network.",
		"No Answer; No response from the ESP; Host IP Not Found"),
	[FINDING_DEVICE_PORT_CLOSED] = ENTRY(
		"The device is there, but no OTA service listens on that port",
		"The device answered that the UDP port is closed. Its sketch does not run "
		"ArduinoOTA, has not called ArduinoOTA.begin() yet, or uses another port.",
		"An ICMP port unreachable from the device's address.",
		"Check the port (-p): ESP8266 8266, ESP32 3232, RP2040 2040, or what "
		"ArduinoOTA.setPort() says. If the sketch has no OTA in it, it has to be flashed "
		"by cable once.",
		"No Answer; No response from the ESP"),
	[FINDING_DEVICE_SILENT] = ENTRY(
		"The device is there, but does not answer the invitation",
		"It answers on the network, but not to the invitation: the sketch does not call "
		"ArduinoOTA.handle() often enough, the device is busy with an earlier upload that "
		"broke off, it sleeps, or the OTA service is on another port.",
		"The device's hardware address is known; no datagram and no error came back in "
		"the time given with -t.",
		"Restart the device and try again. Check that loop() calls ArduinoOTA.handle() "
		"and does not wait for long, and the port (-p).",
		"No Answer; No response from the ESP"),
	[FINDING_DEVICE_LOOP_BLOCKED] = ENTRY(
		"The device asked for the password and then never decided",
		"ESP8266 and RP2040 ask for the password from the network stack, but check it "
		"only when the sketch calls ArduinoOTA.handle(). That call does not come: loop() "
		"is blocked.",
		"A request for the password, then silence after a complete answer.",
		"Call ArduinoOTA.handle() in loop() and avoid long delay() calls; restart the "
		"device to get this upload through.",
		"No Answer to our Authentication"),
	[FINDING_DEVICE_AUTH_REQUIRED] =
		ENTRY("The device asks for a password and none was given",
		      "The sketch that runs on the device has set a password with "
		      "ArduinoOTA.setPassword().",
		      "The device answered the invitation with a challenge.",
		      "Give the password of the sketch that runs now: -a, --auth-file or the "
		      "environment variable ESPOTA_AUTH.",
		      "Authentication Failed"),
	[FINDING_DEVICE_AUTH_FAILED] = ENTRY(
		"The device does not accept this password",
		"The answer to its challenge was wrong. What counts is the password in the sketch "
		"that runs now on the device, not that in the sketch to be uploaded.",
		"The device's own answer, after every form of the password that it could mean had "
		"been tried.",
		"Check ArduinoOTA.setPassword() in the running sketch, and that the IDE or the "
		"build system passes the password unchanged (quoted, not one remembered from "
		"before).",
		"Authentication Failed; Authenticating...FAIL"),
	[FINDING_DEVICE_REFUSED] = ENTRY(
		"The device refuses the upload",
		"It answered the invitation with an error, which is shown: not enough space, a "
		"serial flash after which it was not reset, another update running, no file "
		"system.",
		"The device's own text.",
		"Not Enough Space: choose a flash layout with room for two images, or make the "
		"image smaller. Invalid bootstrapping: press the reset button once after flashing "
		"by cable, then upload again.",
		"Bad Answer: ERR: ERROR[4]: Not Enough Space and the like"),
	[FINDING_DEVICE_VERIFY_FAILED] = ENTRY(
		"The device received the image and found it wrong",
		"Every byte arrived, and then the device's own check failed: checksum, signature, "
		"flash settings, or first byte. It keeps its old firmware.",
		"The device's own text.",
		"Upload again if it is the checksum. Otherwise compare the board, flash size and "
		"signing key in the build with those of the device.",
		"ERROR[7]: MD5 verification failed and the like; MD5 Check Failed"),
	[FINDING_DEVICE_BROKE_OFF] = ENTRY(
		"The connection to the device broke off during the upload",
		"The device closed or reset the connection before the image was complete, or it "
		"vanished. Weak Wi-Fi, a weak power supply and a restart by the watchdog do this.",
		"The connection's end before the last byte was acknowledged, without a text from "
		"the device.",
		"Upload again nearer to the access point and with a good power supply. If it "
		"always happens at the same place, look at the device's serial output.",
		"Error Uploading"),
	[FINDING_DEVICE_STALLED] = ENTRY(
		"The device stopped taking the image",
		"The connection stays open, but no more bytes are acknowledged.",
		"No progress for longer than any flash write takes.",
		"Restart the device: an ESP8266 waits for the rest of an upload without limit. "
		"Then try again with a better signal.",
		"Error Uploading"),
	[FINDING_DEVICE_VERDICT_MISSING] = ENTRY(
		"The device took the whole image and then said nothing",
		"Every byte was acknowledged but neither OK nor an error came. The last message "
		"may have been lost; the device may have been updated.",
		"The acknowledgements of the connection, and silence until the time was up.",
		"See whether the device restarts with the new firmware before uploading again.",
		"No Result!; No response from device after upload completion"),
	[FINDING_IMAGE_UNREADABLE] =
		ENTRY("The image cannot be read",
		      "The file does not exist, is a directory, or may not be read.",
		      "The operating system's answer.",
		      "Check the path that the build prints, and the permissions of the file.",
		      "traceback: FileNotFoundError"),
	[FINDING_IMAGE_NOT_FIRMWARE] = ENTRY(
		"The file is not a firmware image",
		"The file is empty or certainly something else: a web page saved as .bin, an ELF, "
		"Intel HEX, UF2 or ZIP file. The device would refuse it, or worse, take it.",
		"The first bytes of the file. Other unknown first bytes are only a warning.",
		"Upload the .bin file that the build makes. For a file-system image say so with "
		"-s.",
		"ERROR[10]: Magic byte is not 0xE9; Wrong Magic Byte; Error Uploading"),
	[FINDING_IMAGE_TOO_LARGE] = ENTRY(
		"The image is too large for the device",
		"It is larger than the flash size that its own header names; larger than a usual "
		"partition is only a warning.",
		"The size of the file and its header.",
		"Choose a flash layout or partition scheme with more room for the program, or "
		"make it smaller. An ESP32 does not say this itself: it agrees and then does not "
		"connect.",
		"ERROR[4]: Not Enough Space; No response from device"),
	[FINDING_SYN_MISSING] = ENTRY(
		"The device agreed, but its connection never reached this computer",
		"This computer would have let the connection in; it did not arrive. A router "
		"between the two lets the answer pass but no new connection, an access point "
		"keeps clients apart, or the device itself did not try: an ESP32 agrees to an "
		"image larger than its OTA partition and then does not connect.",
		"The device's OK came in; no SYN came in on the wire until the time was up, or, "
		"where nothing watched the wire, the rules would have let it pass.",
		"In another subnet: have the router allow TCP from the device to this computer's "
		"host port. ESP32: compare the size of the image with the OTA partition.",
		"No response from device"),
	[FINDING_INTRUDER] = ENTRY(
		"Another host connected in place of the device",
		"A host that is not the device opened a connection to the host port. It was hung "
		"up on and got nothing; the upload went on waiting.",
		"The source address of the connection.",
		"If it is a port forwarder that hides the device's address, allow it with "
		"--accept-from. Otherwise find out who it is: an image often holds Wi-Fi "
		"passwords.",
		NULL),
	[FINDING_DEFAULT_PORT_SHUT] = ENTRY(
		"The usual host port 18266 is not open to the device; another one was taken",
		"A firewall blocks port 18266, or something else uses it, and another port is "
		"known to be open to the device.",
		"The rules as read, and the list of sockets.",
		"Nothing has to be done. A rule for port 18266, as espota-doctor --fix prints it, "
		"makes the choice the same every time.",
		NULL),
	[FINDING_DEVICE_ROUTED] = ENTRY(
		"The device is in another subnet",
		"Packets to the device pass a router. The router has to let the device's own "
		"connection through to this computer, not only the answers.",
		"The route to the device has a gateway.",
		"If the upload fails with syn-missing: have the router allow TCP from the device "
		"to this computer's host port.",
		NULL),
};

const struct finding_text *finding_text(enum finding_id id)
{
	return &texts[id];
}
