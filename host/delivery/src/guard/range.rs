//! The address ranges that are not the public Internet.
//!
//! From the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates), as
//! of 2026. Of IPv6 only the global unicast block is public, so a range assigned later is refused
//! until it is known here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(address: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = address;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

const SPECIAL_V4: [(Ipv4Net, &str); 17] = [
    (v4(0, 0, 0, 0, 8), "unspecified, this network"),
    (v4(10, 0, 0, 0, 8), "private"),
    (v4(100, 64, 0, 0, 10), "shared address space of carriers"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(168, 63, 129, 16, 32), "a cloud's platform service"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "private"),
    (v4(192, 0, 0, 0, 24), "protocol assignments"),
    (v4(192, 0, 2, 0, 24), "documentation"),
    (v4(192, 88, 99, 0, 24), "6to4 relays"),
    (v4(192, 168, 0, 0, 16), "private"),
    (v4(198, 18, 0, 0, 15), "benchmarking"),
    (v4(198, 51, 100, 0, 24), "documentation"),
    (v4(203, 0, 113, 0, 24), "documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    // Before the block that contains it, for the better name.
    (v4(255, 255, 255, 255, 32), "broadcast"),
    (v4(240, 0, 0, 0, 4), "reserved"),
];

/// First match counts; the last entries cover everything outside global unicast.
const SPECIAL_V6: [(Ipv6Net, &str); 14] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "local translation to IPv4"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discarded"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "protocol assignments, Teredo, benchmarking"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique local"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 3), "reserved"),
    (v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2), "reserved"),
    (v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1), "reserved"),
];

/// The IPv6 ranges that carry an IPv4 address, and the bit at which it begins.
const CARRIERS: [(Ipv6Net, u32); 4] = [
    // Mapped (RFC 4291).
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), 96),
    // Compatible (RFC 4291, deprecated).
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), 96),
    // NAT64 (RFC 6052).
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), 96),
    // 6to4 (RFC 3056).
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), 16),
];

/// What a special address is for; `None` for a public one.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    match reached(address) {
        IpAddr::V4(address) => SPECIAL_V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, name)| *name),
        IpAddr::V6(address) => SPECIAL_V6.iter().find(|(network, _)| network.contains(&address)).map(|(_, name)| *name),
    }
}

/// The address that a packet to `address` reaches in the end: the IPv4 address that an IPv6 one
/// carries, if it carries one.
pub(super) fn reached(address: IpAddr) -> IpAddr {
    let IpAddr::V6(outer) = address else {
        return address;
    };
    // These two lie in the range of compatible addresses without being any.
    if outer.is_unspecified() || outer.is_loopback() {
        return address;
    }
    match CARRIERS.iter().find(|(network, _)| network.contains(&outer)) {
        Some((_, first_bit)) => {
            let bits = outer.to_bits() << first_bit >> (u128::BITS - u32::BITS);
            u32::try_from(bits).map_or(address, |bits| Ipv4Addr::from_bits(bits).into())
        }
        None => address,
    }
}
