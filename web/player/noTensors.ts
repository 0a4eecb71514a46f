/** Takes the place of TensorFlow.js in the player, which makes no tensor. */
export {};
