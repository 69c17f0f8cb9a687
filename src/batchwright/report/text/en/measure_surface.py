"""What the directions of a loss surface are."""

STRINGS = {
    "direction.random": "a random direction",
    "direction.parameter": "{name}",
    "direction.component": "principal component {number} of the trajectory",
    "direction.towards": "from {first:mark} to {second:mark}",
    "direction.from_the_line": "from that line to {third:mark}",
    "direction.gradient": "the gradient of the training loss",
    "direction.across_gradient": "a random direction at a right angle",
    "direction.eigenvector_largest": "the eigenvector of the largest eigenvalue {eigenvalue:measured}",
    "direction.eigenvector_smallest": "the eigenvector of the smallest eigenvalue {eigenvalue:measured}",
}
