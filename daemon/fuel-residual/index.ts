export { FEATURES, WindowFeatures } from "./features.js";
export { type DenseLayer, onnxOf } from "./onnx-file.js";
export { createRefine, type RefineParts } from "./refine.js";
export {
  FALLBACKS,
  type Fallback,
  loadResidual,
  type ModelCard,
  RESIDUAL_FILE,
  ResidualModel,
} from "./residual-model.js";
