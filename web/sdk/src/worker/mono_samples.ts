/** The samples of `data` as 32-bit floats, -1 to 1: the mean of all channels. */
export function monoSamples(data: AudioData): Float32Array<ArrayBuffer> {
  const sum = new Float32Array(data.numberOfFrames);
  const channel = new Float32Array(data.numberOfFrames);
  for (let planeIndex = 0; planeIndex < data.numberOfChannels; planeIndex++) {
    data.copyTo(channel, { planeIndex, format: 'f32-planar' });
    for (let i = 0; i < sum.length; i++) {
      sum[i] = (sum[i] as number) + (channel[i] as number) / data.numberOfChannels;
    }
  }
  return sum;
}
