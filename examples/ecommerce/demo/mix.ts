import type { RequestKind } from '@cutover/testing';

const order = (express: boolean) =>
  `{"reference":"{id}","product":"coffee","quantity":1,"express":${express}}`;

/** What clients of a shop do: mostly reading on kept connections, some writing, some new visitors, a few long reports. */
export const MIX: readonly RequestKind[] = [
  { name: 'page', path: '/', includes: '</html>', weight: 30 },
  { name: 'first page', path: '/', includes: '</html>', weight: 10, connection: 'fresh' },
  { name: 'browse', path: '/api/products', includes: '{id}', weight: 70 },
  { name: 'visit', path: '/api/products', includes: '{id}', weight: 10, connection: 'fresh' },
  { name: 'look up', path: '/api/orders?reference={id}', includes: '{id}', weight: 25 },
  { name: 'order', method: 'POST', path: '/api/orders', body: order(false), includes: '{id}', weight: 15 },
  {
    name: 'new customer',
    method: 'POST',
    path: '/api/orders',
    body: order(false),
    includes: '{id}',
    weight: 8,
    connection: 'fresh',
  },
  // Each express order becomes a job of one to four seconds.
  { name: 'express', method: 'POST', path: '/api/orders', body: order(true), includes: '{id}', weight: 2 },
  { name: 'report (3 s)', path: '/api/report', includes: '{id}', weight: 1, slow: true },
];
