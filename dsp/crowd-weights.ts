// Written by scripts/train-crowd.mjs.

/** Classes in the order of the rows below. */
export const CROWD_CLASSES = ["cheer", "applause", "chant", "jeer"] as const;

/** Per class the weights of the features (middle, high, top, impulse, contrast, rhythm, swing, tilt) and of 1. */
export const CROWD_WEIGHTS: readonly (readonly number[])[] = [
  [2.0422, -0.36177, 0.06661, -0.23647, -0.71763, -1.7111, -0.78088, 0.23852, 3.9385],
  [4.1752, 1.0017, -0.20892, 0.69511, -0.92297, -0.23907, -0.17924, 0.81544, 1.8211],
  [-2.3953, -0.41969, -0.10003, -0.21868, 2.2438, 2.5846, 1.8756, -0.54466, -5.2321],
  [-3.8221, -0.22025, 0.24234, -0.23996, -0.60324, -0.63439, -0.91549, -0.5093, -0.52749],
];
