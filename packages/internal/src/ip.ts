import { isIP, SocketAddress } from 'node:net';

/**
 * An IP address as HAProxy and Docker write it: without brackets, in the shortest form, in small letters. What is none stays as
 * it is.
 */
export function normalAddress(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 6 || bare.includes('%')) return bare;
  return new SocketAddress({ address: bare, family: 'ipv6' }).address;
}

/** Whether two addresses are one, however written; `::ffff:10.0.0.1` is 10.0.0.1. */
export const sameAddress = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && plainAddress(one) === plainAddress(other);

/** A host, in brackets or not, that is this machine by its number or as `localhost`. */
export const isLoopback = (host: string): boolean =>
  /^(127\.[\d.]+|localhost|::1)$/i.test(plainAddress(host));

/** An address of IPv4 also where it is written as one of IPv6. */
const plainAddress = (text: string): string => normalAddress(text).replace(/^::ffff:(?=[\d.]+$)/, '');
