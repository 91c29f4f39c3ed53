# SPDX-License-Identifier: GPL-2.0-or-later
"""One line for each way to use an xtables extension.

A line is FAMILY CHAIN EXPECTED and the arguments of iptables. FAMILY is 4, 6 or 46; CHAIN is a
chain of filter or TABLE/CHAIN. EXPECTED is "match" or "miss", what the kernel does with the packets
of a connection (the rule drops what it matches), or "hazy": nobody can know, so that the program
must not either. The kernel judges all of them, what is written here included: a "miss" that drops
the connection is a failure, and so is an unknown that is not said to be hazy.

With "then" between them a line is several rules, all of which are loaded.
"""

SYN = "--tcp-flags SYN,RST,ACK,FIN SYN"
SYNACK = "--tcp-flags SYN,RST,ACK,FIN SYN,ACK"

MATCHES = f"""
# other protocols: the comparison of the protocol stands before the match
46 INPUT miss -p sctp -m sctp --dport 1:65535
46 INPUT miss -p sctp -m sctp ! --sport 1
46 INPUT miss -p sctp -m sctp ! --chunk-types any DATA:Be,ABORT:T
46 INPUT miss -p sctp -m sctp --chunk-types only NONE
46 INPUT miss -p sctp -m sctp --chunk-types all INIT,SACK
46 INPUT miss -p dccp -m dccp --dport 1:65535
46 INPUT miss -p dccp -m dccp ! --dccp-types REQUEST,RESET,INVALID
46 INPUT miss -p dccp -m dccp ! --dccp-option 37
4 INPUT miss -p ah -m ah --ahspi 1:1000
4 INPUT miss -p ah -m ah ! --ahspi 1
46 INPUT miss -p esp -m esp ! --espspi 1
46 INPUT miss -p esp -m esp --espspi 7:9
46 INPUT miss -p ipcomp -m ipcomp --ipcompspi 18 --compres
4 INPUT miss -p icmp -m icmp ! --icmp-type 8
6 INPUT miss -p ipv6-icmp -m icmp6 --icmpv6-type 128

# extension headers of IPv6: none here, so false even when inverted
6 INPUT miss -m ah --ahspi 1
6 INPUT miss -m ah ! --ahspi 1 ! --ahlen 12 --ahres
6 INPUT miss -m frag --fragid 1
6 INPUT miss -m frag ! --fragid 1:5 --fragres --fragfirst
6 INPUT miss -m hbh --hbh-len 8
6 INPUT miss -m hbh ! --hbh-len 8 --hbh-opts 5:2,194
6 INPUT miss -m dst ! --dst-len 42 --dst-opts 149:92
6 INPUT miss -m rt ! --rt-type 0 --rt-segsleft 1:23
6 INPUT miss -p mobility-header -m mh ! --mh-type 1:3
6 INPUT miss -m srh ! --srh-next-hdr 17 --srh-hdr-len-gt 1 ! --srh-tag 3
6 INPUT miss -m srh ! --srh-psid a::/64 --srh-nsid b::/128 ! --srh-lsid c::/0
6 INPUT miss -m ipv6header --header hop-by-hop --soft
6 INPUT match -m ipv6header ! --header hop-by-hop --soft
6 INPUT miss -m ipv6header --header ipv6-frag
6 INPUT match -m ipv6header ! --header ipv6-frag,esp,ah
6 INPUT match -m ipv6header --header protocol
6 INPUT miss -m ipv6header ! --header protocol
6 INPUT match -m ipv6header --header protocol --soft
6 INPUT miss -m eui64

# fields of the headers
46 INPUT hazy -m tos --tos 0x10/0xff
46 OUTPUT miss -p tcp {SYNACK} -m tos --tos 0x10/0xff
46 OUTPUT match -p tcp {SYNACK} -m tos ! --tos 0x10/0x3f
46 OUTPUT match -p tcp {SYNACK} -m tos --tos Normal-Service
46 OUTPUT miss -p tcp {SYNACK} -m tos --tos 0xff/0x0f
46 OUTPUT match -p tcp {SYNACK} -m tos ! --tos 0xff/0x0f
46 INPUT hazy -m dscp --dscp-class EF
46 OUTPUT match -m dscp --dscp 0
46 OUTPUT miss -m dscp --dscp 0x2e
46 OUTPUT match -m dscp ! --dscp 0x2e
46 INPUT miss -p tcp -m ecn --ecn-tcp-ece
46 INPUT match -p tcp -m ecn ! --ecn-tcp-ece ! --ecn-tcp-cwr
46 INPUT miss -p tcp -m ecn --ecn-tcp-cwr
46 OUTPUT miss -p tcp {SYNACK} -m ecn --ecn-ip-ect 1
46 OUTPUT match -p tcp {SYNACK} -m ecn ! --ecn-ip-ect 2
4 INPUT miss -m ttl --ttl-eq 0
4 INPUT match -m ttl --ttl-gt 0
4 INPUT match -m ttl ! --ttl-eq 0
4 INPUT miss -m ttl --ttl-lt 1
4 INPUT hazy -m ttl --ttl-lt 65
6 INPUT match -m hl --hl-gt 0
6 INPUT miss -m hl --hl-lt 1
6 INPUT hazy -m hl ! --hl-eq 64
46 INPUT miss -m length --length 0:27
46 INPUT match -p tcp {SYN} -m length --length 40:100
46 INPUT miss -p tcp {SYN} -m length ! --length 40:100
46 INPUT hazy -p tcp {SYN} -m length --length 60
46 INPUT hazy -p tcp {SYN} -m tcpmss --mss 536
46 INPUT miss -p tcp --tcp-flags SYN,ACK ACK -m tcpmss --mss 1:65535
46 INPUT match -p tcp --tcp-flags SYN,ACK ACK -m tcpmss ! --mss 1:65535

# the connection
46 INPUT miss -p tcp {SYN} -m connbytes --connbytes 2: --connbytes-mode packets --connbytes-dir both
46 INPUT miss -p tcp {SYN} -m connbytes --connbytes 1: --connbytes-mode packets --connbytes-dir reply
46 INPUT miss -p tcp {SYN} -m connbytes ! --connbytes 0:500 --connbytes-mode bytes --connbytes-dir original
46 INPUT hazy -p tcp {SYN} -m connbytes --connbytes 1:1 --connbytes-mode packets --connbytes-dir original
46 INPUT hazy -m connbytes --connbytes 500: --connbytes-mode avgpkt --connbytes-dir both
46 raw/PREROUTING miss -m connbytes --connbytes 0: --connbytes-mode packets --connbytes-dir original
46 INPUT hazy -m connlabel --label 40
46 raw/PREROUTING match -p tcp -m connlabel ! --label 40
46 raw/PREROUTING miss -p tcp -m connlabel --label 40 --set
46 INPUT miss -m connlimit --connlimit-above 4294967295
46 INPUT match -p tcp {SYN} -m connlimit --connlimit-upto 4294967295
46 INPUT hazy -p tcp {SYN} -m connlimit --connlimit-above 10 --connlimit-mask 24 --connlimit-daddr
46 INPUT miss -m helper --helper ftp
46 INPUT match -m helper ! --helper ftp
46 raw/PREROUTING miss -m helper --helper sip
46 INPUT hazy -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 7
46 raw/PREROUTING miss -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 7
46 INPUT match -m conntrack --ctstate NEW,UNTRACKED
46 INPUT miss -m conntrack ! --ctstate NEW,ESTABLISHED
46 INPUT match -m state --state NEW,RELATED
46 INPUT match -m conntrack --ctproto tcp --ctdir ORIGINAL
46 INPUT miss -p tcp -m conntrack --ctdir REPLY
46 INPUT miss -m conntrack --ctstate SNAT,DNAT
46 INPUT miss -m conntrack --ctstatus NONE
46 INPUT miss -p tcp {SYN} -m conntrack --ctstatus CONFIRMED,ASSURED,SEEN_REPLY,EXPECTED
46 INPUT match -p tcp {SYN} -m conntrack ! --ctstatus CONFIRMED
46 OUTPUT match -p tcp {SYNACK} -m conntrack --ctstatus SEEN_REPLY --ctdir REPLY
46 INPUT match -p tcp --tcp-flags SYN,ACK ACK -m conntrack --ctstatus CONFIRMED
46 INPUT match -p tcp -m conntrack --ctorigdstport {{port}}
46 INPUT miss -p tcp -m conntrack ! --ctorigdstport {{port}} --ctstate NEW
46 OUTPUT match -p tcp {SYNACK} -m conntrack --ctreplsrcport {{port}} --ctstate ESTABLISHED
46 INPUT match -p tcp -m conntrack --ctreplsrcport 25000:26000
4 INPUT match -p tcp -m conntrack --ctorigsrc 192.168.178.0/24 ! --ctorigdst 10.0.0.0/8
4 INPUT miss -p tcp -m conntrack ! --ctreplsrc 192.168.178.24
6 INPUT match -p tcp -m conntrack --ctorigsrc fd00:178::178 --ctrepldst fd00:178::/64
46 INPUT miss -p tcp -m conntrack ! --ctproto tcp
46 INPUT hazy -p tcp -m conntrack --ctexpire 10:100000
46 INPUT match -m conntrack --ctexpire 0:4294967295
46 raw/PREROUTING match -p tcp -m conntrack --ctstate INVALID --ctproto udp
46 raw/PREROUTING miss -p tcp -m conntrack --ctproto tcp
46 INPUT miss -m connmark --mark 1
46 INPUT match -m connmark ! --mark 1/7
46 INPUT miss -m connmark --mark 1/0

# the socket
46 INPUT miss -p tcp {SYN} -m cgroup --cgroup 1
46 INPUT miss -p tcp {SYN} -m cgroup ! --cgroup 1
46 OUTPUT miss -p tcp {SYNACK} -m cgroup ! --cgroup 1
46 OUTPUT hazy -m cgroup --cgroup 0
46 INPUT miss -p tcp {SYN} -m cgroup --path /
46 OUTPUT match -p tcp {SYNACK} -m owner --uid-owner 0
46 OUTPUT miss -p tcp {SYNACK} -m owner ! --uid-owner 0-10 --gid-owner 0
46 OUTPUT match -p tcp {SYNACK} -m owner --socket-exists
46 INPUT miss -m socket --transparent
46 INPUT hazy -m socket
46 INPUT hazy -m socket --nowildcard --restore-skmark

# counts, chance, clocks
46 INPUT hazy -m limit --limit 1/min
46 INPUT hazy -m hashlimit --hashlimit-upto 3/min --hashlimit-mode srcip --hashlimit-name a
46 INPUT hazy -m hashlimit --hashlimit-above 123456b/s --hashlimit-burst 1mb --hashlimit-name b
46 INPUT hazy -m hashlimit --hashlimit-upto 7/hour --hashlimit-burst 9 --hashlimit-mode srcip,dstport --hashlimit-srcmask 24 --hashlimit-name c --hashlimit-htable-size 64 --hashlimit-htable-max 100 --hashlimit-htable-expire 9000 --hashlimit-htable-gcinterval 2000
46 INPUT hazy -m hashlimit --hashlimit-above 5/sec --hashlimit-name d --hashlimit-rate-match --hashlimit-rate-interval 3
46 INPUT miss -m quota --quota 0
46 INPUT match -m quota ! --quota 0
46 INPUT match -m quota --quota 18446744073709551615
46 INPUT hazy -m quota --quota 1000
46 INPUT match -m statistic --mode random --probability 1.0
46 INPUT miss -m statistic --mode random ! --probability 1.0
46 INPUT miss -m statistic --mode random --probability 0
46 INPUT match -m statistic --mode nth --every 1 --packet 0
46 INPUT miss -m statistic --mode nth ! --every 1 --packet 0
46 INPUT hazy -m statistic --mode nth --every 3 --packet 1
46 INPUT hazy -m statistic --mode random --probability 0.25
46 INPUT miss -m time --datestart 2001-02-03T04:05:06 --datestop 2012-09-08T09:06:05
46 INPUT match -m time --datestart 2012-09-08T09:06:05 --weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun
46 INPUT miss -m time --datestop 2012-09-08T09:06:05 --kerneltz
46 INPUT match -m time --monthdays 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
46 INPUT match -m time --timestart {{earlier}} --timestop {{later}}
46 INPUT miss -m time --timestart {{later}} --timestop {{much_later}}
46 INPUT hazy -m time --timestart {{now}} --timestop {{soon}}
46 INPUT hazy -m time --timestart {{earlier}} --timestop {{later}} --kerneltz

# the way through the host
46 INPUT match -m devgroup --src-group 0x5
46 INPUT miss -m devgroup --src-group 0x7
46 INPUT match -m devgroup ! --src-group 0x7
46 INPUT match -m devgroup --src-group 0x4/0x4
46 OUTPUT match -m devgroup --dst-group 0x5
46 OUTPUT miss -m devgroup ! --dst-group 0x5
46 INPUT miss -m physdev --physdev-in eth0
46 INPUT match -m physdev ! --physdev-in eth0
46 INPUT miss -m physdev --physdev-is-bridged
46 INPUT match -m physdev ! --physdev-is-bridged
46 INPUT match -m physdev ! --physdev-is-in
46 INPUT hazy -m cpu --cpu 0
46 INPUT hazy -m cpu ! --cpu 0
4 INPUT hazy -m realm --realm 0x1/0x2a
46 INPUT match -m policy --dir in --pol none
46 INPUT miss -m policy --dir in --pol ipsec
46 OUTPUT miss -m policy --dir out --pol ipsec --strict --reqid 1 --spi 0x1 --proto esp --mode transport
46 INPUT miss -m policy --dir in --pol ipsec --strict ! --reqid 3 --next --proto ah
46 raw/PREROUTING match -m rpfilter
46 raw/PREROUTING miss -m rpfilter --invert

# addresses and the like
4 INPUT match -m iprange --src-range 192.168.178.100-192.168.178.200
4 INPUT miss -m iprange ! --src-range 192.168.178.100-192.168.178.200
6 INPUT miss -m iprange --dst-range fd00:178::25-fd00:178::30
46 INPUT match -m addrtype --dst-type LOCAL
46 INPUT miss -m addrtype ! --dst-type LOCAL
46 INPUT match -m addrtype --src-type UNICAST --dst-type LOCAL --limit-iface-in
46 INPUT miss -m addrtype --src-type LOCAL
46 INPUT match -m addrtype ! --src-type LOCAL
46 INPUT miss -m addrtype --dst-type MULTICAST
4 INPUT miss -m addrtype --dst-type BROADCAST,ANYCAST
46 OUTPUT match -m addrtype --src-type LOCAL --limit-iface-out
46 INPUT match -m mac --mac-source 2c:f4:32:17:81:78
46 INPUT miss -m mac ! --mac-source 2c:f4:32:17:81:78
46 INPUT match -m pkttype --pkt-type unicast
46 INPUT match -m pkttype ! --pkt-type multicast
46 INPUT miss -m mark --mark 0x1/0x0
46 INPUT match -m mark ! --mark 0x1
46 INPUT match -p tcp -m multiport --dports {{port}},22
46 INPUT miss -p tcp -m multiport ! --ports {{port}}
46 INPUT match -m comment --comment "with 'quotes' and a \\\\ in it"

# bytes
46 INPUT hazy -m string --string GET --algo bm
46 INPUT miss -p tcp {SYN} -m string --string {"x" * 128} --algo kmp --to 500
46 INPUT match -p tcp {SYN} -m string ! --string {"y" * 128} --algo bm --icase
46 INPUT miss -p tcp {SYN} -m string --hex-string "|0d0a|" --algo bm --from 300
4 INPUT match -p tcp -m u32 --u32 "0>>28=4&&6&0xff=1,6:7"
4 INPUT miss -m u32 --u32 "6&0xff=17&&0>>28=4:5" -p tcp
4 INPUT match -p tcp -m u32 --u32 "0>>22&0x3c@0&0xffff={{port}}"
4 INPUT miss -p tcp -m u32 ! --u32 "0>>22&0x3c@0&0xffff={{port}}"
4 INPUT miss -p tcp {SYN} -m u32 --u32 "0&0xffff=0x100:0xffff"
4 INPUT match -p tcp {SYN} -m u32 --u32 "0>>22&0x3c@10&0x12=0x02"
4 INPUT miss -p tcp -m u32 --u32 "100000=0:0xffffffff"
4 INPUT hazy -p tcp -m u32 --u32 "8>>24=64"
4 INPUT hazy -p tcp {SYN} -m u32 --u32 "0>>22&0x3c@12>>26&0x3c@0=0:0xffffffff"
6 INPUT match -p tcp -m u32 --u32 "4>>8&0xff=6&&40&0xffff={{port}}"
4 INPUT match -p tcp -m bpf --bytecode "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0"
4 INPUT miss -p tcp -m bpf --bytecode "4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0"
4 INPUT match -p tcp -m bpf --bytecode "5,177 0 0 0,72 0 0 2,21 0 1 {{port}},6 0 0 65535,6 0 0 0"
4 INPUT miss -p tcp -m bpf --bytecode "3,40 0 0 70000,6 0 0 1,6 0 0 1"
4 INPUT hazy -p tcp -m bpf --bytecode "4,48 0 0 8,53 0 1 65,6 0 0 1,6 0 0 0"
4 INPUT hazy -m osf --genre Linux -p tcp {SYN}
"""

# What a target does is seen by a match behind it; a line without "drop" must leave the way open.
TARGETS = f"""
46 mangle/PREROUTING match -j TOS --set-tos 0x10/0xff then INPUT -m tos --tos 0x10/0xff -j DROP
46 mangle/PREROUTING miss -j TOS --set-tos 0x10/0xff then INPUT -m tos ! --tos 0x10/0x10 -j DROP
46 mangle/OUTPUT match -j TOS --xor-tos 0x08 then OUTPUT -p tcp {SYNACK} -m tos --tos 0x08/0xff -j DROP
46 mangle/OUTPUT match -j TOS --or-tos 0x04 then OUTPUT -p tcp {SYNACK} -m tos --tos 0x04/0xff -j DROP
46 mangle/PREROUTING match -j DSCP --set-dscp 0x0a then INPUT -m dscp --dscp 0x0a -j DROP
46 mangle/PREROUTING match -j DSCP --set-dscp-class EF then INPUT -m dscp ! --dscp 0x0a -j DROP
4 mangle/PREROUTING match -j TTL --ttl-set 42 then INPUT -m ttl --ttl-eq 42 -j DROP
4 mangle/PREROUTING match -j TTL --ttl-inc 255 then INPUT -m ttl --ttl-eq 255 -j DROP
4 mangle/PREROUTING match -j TTL --ttl-dec 255 then INPUT -m ttl --ttl-lt 1 -j DROP
6 mangle/PREROUTING match -j HL --hl-set 42 then INPUT -m hl --hl-eq 42 -j DROP
6 mangle/PREROUTING miss -j HL --hl-inc 255 then INPUT -m hl --hl-lt 255 -j DROP
4 mangle/PREROUTING miss -p tcp -j ECN --ecn-tcp-remove then INPUT -p tcp -m ecn --ecn-tcp-cwr -j DROP
46 mangle/PREROUTING match -j MARK --set-mark 7 then INPUT -m mark --mark 7 -j DROP
46 mangle/PREROUTING match -j MARK --set-mark 7 then mangle/PREROUTING -j CONNMARK --save-mark then INPUT -m connmark --mark 3/3 -j DROP
46 mangle/PREROUTING miss -j CONNMARK --set-xmark 0x5/0xff then INPUT -m connmark ! --mark 5 -j DROP
46 mangle/PREROUTING match -j CONNMARK --set-mark 5 then mangle/PREROUTING -j CONNMARK --restore-mark --left-shift-mark 4 then INPUT -m mark --mark 0x50 -j DROP
46 mangle/PREROUTING hazy -j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-offset 100 --hmark-rnd 0x0a then INPUT -m mark --mark 105 -j DROP
46 raw/PREROUTING match -j CT --notrack then INPUT -m conntrack --ctstate UNTRACKED -j DROP
46 raw/PREROUTING match -j NOTRACK then INPUT -m conntrack ! --ctstate NEW -j DROP
# the SYN-ACK leaves in another zone, so that conntrack never sees the handshake
46 raw/PREROUTING hazy -j CT --zone 3 then INPUT -m conntrack --ctstate INVALID -j DROP
46 mangle/POSTROUTING miss -j CLASSIFY --set-class 1:20
46 mangle/POSTROUTING miss -j CHECKSUM --checksum-fill
46 mangle/POSTROUTING miss -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000
46 mangle/POSTROUTING miss -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
46 mangle/POSTROUTING miss -p tcp -j TCPOPTSTRIP --strip-options 2,4,timestamp
46 INPUT miss -j AUDIT --type accept
46 INPUT miss -j LOG --log-prefix "a b" --log-level debug --log-tcp-options --log-uid
46 INPUT miss -j NFLOG --nflog-group 3 --nflog-prefix "a b" --nflog-threshold 4 --nflog-size 0
46 INPUT miss -j IDLETIMER --timeout 42 --label test
46 INPUT miss -j LED --led-trigger-id test --led-delay inf --led-always-blink
46 mangle/PREROUTING miss -j RATEEST --rateest-name r --rateest-interval 250ms --rateest-ewmalog 500ms
46 mangle/PREROUTING hazy -j RATEEST --rateest-name r --rateest-interval 250ms --rateest-ewmalog 500ms then INPUT -m rateest --rateest r --rateest-gt --rateest-bps 1mbit -j DROP
4 INPUT miss -j TEE --gateway 192.168.178.99
6 INPUT miss -j TEE --gateway fd00:178::99 --oif eth0
46 raw/PREROUTING miss -j TRACE
46 INPUT hazy -j NFQUEUE
46 INPUT hazy -j NFQUEUE --queue-balance 1:4 --queue-bypass --queue-cpu-fanout
4 mangle/PREROUTING hazy -p tcp -j TPROXY --on-port 50080 --on-ip 127.0.0.1 --tproxy-mark 0x1/0x1
6 mangle/PREROUTING hazy -p tcp -j TPROXY --on-port 50080 --tproxy-mark 0x3
46 raw/PREROUTING hazy -p tcp {SYN} -j CT --notrack then INPUT -p tcp -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460
4 nat/PREROUTING miss -j NETMAP --to 192.168.178.0/24
4 nat/PREROUTING match -j NETMAP --to 192.168.177.0/24
6 nat/PREROUTING match -j NETMAP --to fd00:177::/64
4 nat/PREROUTING match -p tcp -j DNAT --to-destination 192.168.178.99:80-90 --random
4 nat/PREROUTING miss -p tcp -j DNAT --to-destination 192.168.178.24
6 nat/PREROUTING match -p tcp -j DNAT --to-destination [fd00:178::99]:80
46 nat/PREROUTING match -p tcp -j REDIRECT --to-ports 80
46 nat/PREROUTING miss -p tcp -j REDIRECT
4 nat/POSTROUTING miss -p tcp -j SNAT --to-source 192.168.178.24 --random-fully --persistent
46 nat/POSTROUTING miss -p tcp -j MASQUERADE --to-ports 1024-2048
6 mangle/POSTROUTING hazy -j SNPT --src-pfx fd00:178::/64 --dst-pfx fd00:179::/64
6 mangle/PREROUTING hazy -j DNPT --src-pfx fd00:178::/64 --dst-pfx fd00:179::/64
46 INPUT match -j REJECT
4 INPUT match -p tcp -j REJECT --reject-with tcp-reset
"""

# The host's interface is a bridge; what holds with and without br_netfilter's hooks is no secret.
BRIDGED = """
46 INPUT hazy -m physdev --physdev-in eth0
46 INPUT hazy -m physdev ! --physdev-in eth0
46 INPUT hazy -m physdev ! --physdev-is-in
46 INPUT miss -m physdev --physdev-in eth9
46 INPUT match -m physdev ! --physdev-in eth9
46 INPUT hazy -m physdev --physdev-in eth+
46 INPUT miss -m physdev --physdev-is-bridged
46 INPUT match -m physdev ! --physdev-is-bridged
46 INPUT miss -m physdev --physdev-is-in --physdev-is-bridged
46 mangle/PREROUTING hazy -m physdev --physdev-is-in
46 mangle/POSTROUTING miss -m physdev --physdev-out eth0
46 mangle/POSTROUTING miss -m physdev --physdev-is-bridged --physdev-out eth0
46 OUTPUT match -m physdev ! --physdev-is-bridged
46 OUTPUT miss -m physdev --physdev-in eth0
46 INPUT miss -i eth0
46 INPUT match -i br0
"""
