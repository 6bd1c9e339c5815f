import { runService } from '@cutover/lifecycle';

/** The web front end's entry point: one plain process, which needs no database. */
await runService({ command: ['node', 'dist/web.js'], gracePeriod: 35_000 });
