"""What users of `import samestate` call: a few functions over the rooms beside this one."""
