import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Which addresses a request may reach: public ones and the allowed networks, or the allowed networks alone. */
export type Reach = 'public' | 'allowed-networks-only';

/** Azure answers every virtual machine there with its secrets; by its number the address is public. */
const PUBLIC_METADATA_ADDRESSES = ['168.63.129.16'];
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Public unicast addresses are reached, and what the operator allows; everything else is off limits. */
export class AddressRules {
  private readonly allowedNetworks: Network[];

  /** @throws {Error} when one of them is not a CIDR block */
  constructor(allowedNetworks: readonly string[]) {
    this.allowedNetworks = allowedNetworks.map((block) => ipaddr.parseCIDR(block));
  }

  get allowsAnyNetwork(): boolean {
    return this.allowedNetworks.length > 0;
  }

  /** Why an IP address is off limits; undefined when it may be reached. */
  whyRefused(text: string, reach: Reach): string | undefined {
    const address = unwrap(ipaddr.parse(text));
    if (this.isAllowed(address)) return undefined;
    if (reach === 'allowed-networks-only') return 'without TLS only allowed private networks are reached';
    if (isPublic(address)) return undefined;
    return `its address is not public (${describeRange(address)})`;
  }

  private isAllowed(address: Address): boolean {
    return this.allowedNetworks.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  }
}

/** The IPv4 address that an IPv6 spelling or the standard translation prefix of a NAT64 leads to. */
function unwrap(address: Address): Address {
  if (!isIPv6(address)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.match(NAT64) ? new ipaddr.IPv4(address.toByteArray().slice(-4)) : address;
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  // What ipaddr.js has no name for it calls unicast, such as the old ::1.2.3.4.
  if (isIPv6(address)) return address.match(GLOBAL_UNICAST);
  return !PUBLIC_METADATA_ADDRESSES.includes(address.toString());
}

function describeRange(address: Address): string {
  const range = address.range();
  return range === 'unicast' ? 'reserved' : range;
}

function isIPv6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}
