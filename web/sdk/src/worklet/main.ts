// The one module that the page loads into its AudioContext. The build bundles it into one file,
// since bundlers copy worklet modules as they are.
import { CaptureProcessor } from './capture_processor.js';
import { PlayoutProcessor } from './playout_processor.js';

registerProcessor('sluice-playout', PlayoutProcessor);
registerProcessor('sluice-capture', CaptureProcessor);
