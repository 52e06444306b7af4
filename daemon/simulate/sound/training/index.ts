export { Random } from "../../random.js";
export { type CrowdTextures, makeCrowd } from "../crowd.js";
export { renderScene, type Scene, type SceneWhistle } from "./scene.js";
