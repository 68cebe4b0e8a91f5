import { defineConfig } from 'vite';

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2022',
    // Data addresses would need an exception in the server's Content-Security-Policy.
    assetsInlineLimit: 0,
    // Browsers that run WebCodecs know modulepreload.
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  // The development server shows the page; the meeting itself comes from a Sluice server beside it.
  server: { proxy: { '/ws': { target: 'http://localhost:8080', ws: true } } },
});
