/** A place on the stage, in CSS pixels from its top left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A size in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of a picture of this aspect ratio (width / height), as large as fits into `area`. */
export function fitInto(area: Size, aspect: number): Size {
  return area.width / area.height > aspect
    ? { width: area.height * aspect, height: area.height }
    : { width: area.width, height: area.width / aspect };
}
