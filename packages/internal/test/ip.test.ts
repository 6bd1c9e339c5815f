import { describe, expect, it } from 'vitest';
import { isLoopback, normalAddress, sameAddress } from '../src/index.ts';

describe('normalAddress', () => {
  it.each([
    ['0:0:0:0:0:0:0:1', '::1'],
    ['[::1]', '::1'],
    ['2001:DB8:0:0::A', '2001:db8::a'],
    ['::FFFF:0a00:0002', '::ffff:10.0.0.2'],
    ['10.0.0.1', '10.0.0.1'],
    // What is no IP address stays as it is, a zone included: HAProxy takes none.
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['10.0.0.01', '10.0.0.01'],
    ['Api.Internal', 'Api.Internal'],
  ])('writes %s as HAProxy does', (given, written) => expect(normalAddress(given)).toBe(written));
});

describe('sameAddress', () => {
  it.each([
    ['::1', '0:0:0:0:0:0:0:1'],
    ['[2001:DB8::A]', '2001:db8:0:0:0:0:0:a'],
    ['::ffff:10.0.0.2', '10.0.0.2'],
    ['::FFFF:a00:2', '10.0.0.2'],
  ])('knows %s and %s as one', (one, other) => expect(sameAddress(one, other)).toBe(true));
  it.each([
    ['::1', '::2'],
    ['::10.0.0.2', '10.0.0.2'],
    ['fe80::1%eth0', 'fe80::1%eth1'],
    ['10.0.0.1', undefined],
  ])('keeps %s and %s apart', (one, other) => expect(sameAddress(one, other)).toBe(false));
});

describe('isLoopback', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    'localhost',
    'LocalHost',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
  ])('is true of %s', (host) => expect(isLoopback(host)).toBe(true));
  it.each(['10.0.0.1', '[::2]', '[::ffff:10.0.0.1]', '127.evil.example', '0.0.0.0', '[::]'])(
    'is false of %s',
    (host) => expect(isLoopback(host)).toBe(false),
  );
});
