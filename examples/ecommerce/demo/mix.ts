import type { RequestKind } from '@cutover/testing';

const order = (express: boolean) =>
  `{"reference":"{id}","product":"coffee","quantity":1,"express":${express}}`;

/** What clients of a shop do: mostly reading on kept connections, some writing, some new visitors, a few long reports. */
export const MIX: readonly RequestKind[] = [
  { name: 'browse', path: '/products', includes: '{id}', weight: 100 },
  { name: 'visit', path: '/products', includes: '{id}', weight: 20, connection: 'fresh' },
  { name: 'look up', path: '/orders?reference={id}', includes: '{id}', weight: 25 },
  { name: 'order', method: 'POST', path: '/orders', body: order(false), includes: '{id}', weight: 15 },
  {
    name: 'new customer',
    method: 'POST',
    path: '/orders',
    body: order(false),
    includes: '{id}',
    weight: 8,
    connection: 'fresh',
  },
  // Each express order becomes a job of one to four seconds.
  { name: 'express', method: 'POST', path: '/orders', body: order(true), includes: '{id}', weight: 2 },
  { name: 'report (3 s)', path: '/report', includes: '{id}', weight: 1, slow: true },
];
