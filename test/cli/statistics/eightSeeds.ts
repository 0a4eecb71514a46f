/** Two policies with eight seeds each, for which scipy 1.17.1 and rliable 1.2.0 were asked in Python 3.11. */
export const X = [0.81, 0.92, 0.88, 0.95, 0.79, 0.9, 0.86, 0.97];
export const Y = [0.84, 0.85, 0.83, 0.96, 0.7, 0.93, 0.8, 0.9];
