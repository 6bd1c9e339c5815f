import { setUp } from './operations/setup.ts';

// tsx setup.ts [version]: once, before the first "docker compose up -d"
const [version = '1.0.0'] = process.argv.slice(2);
const written = await setUp({ directory: import.meta.dirname, version });
console.log(
  written ? 'wrote .env with new credentials (mode 600)' : '.env is there already; nothing changed',
);
