import { defineConfig, type Options } from 'tsup';
import { library } from '../../tsup.shared.ts';

const { noExternal = [], ...shared }: Options = library([
  'index',
  'express',
  'fastify',
  'gate',
  'heartbeat',
  'hono',
  'http',
  'koa',
  'pm2',
  'run',
]);

// Found, read and linked as a package of its own, p-timeout would cost a HEALTHCHECK command a twentieth of its time.
export default defineConfig({ ...shared, noExternal: [...noExternal, 'p-timeout'] });
