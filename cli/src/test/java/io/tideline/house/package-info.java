/**
 * The rules of the house, checked on the sources of every module. They stand with the command line because it is the last module that
 * all of the product goes through. The rules read text, not classes, so that modules built later are held to them too, and a rule sees
 * code alone: comments and literals are blanked first, except where a rule is about them.
 */
package io.tideline.house;
