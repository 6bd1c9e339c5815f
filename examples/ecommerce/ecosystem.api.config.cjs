// The chain that must hold: drain of the app (20 s) < kill_timeout (25 s) < stop_grace_period in compose.yaml (40 s).
module.exports = {
  apps: [
    {
      name: 'api',
      script: 'dist/api.js',
      exec_mode: 'cluster',
      instances: process.env.API_INSTANCES || 'max',
      wait_ready: true,
      listen_timeout: 60_000,
      kill_timeout: 25_000,
      // The image has no ps, without which PM2 cannot find a tree; the app ends what it starts.
      treekill: false,
    },
  ],
};
